import { consumeSetupNonce, findSetupNonce, offerSetupNonce } from '#db/queries/installation.ts'
import { insertUserWithPassword, type NewUser, type UserRow } from '#db/queries/users.ts'
import { isVouchedFor } from '#lib/accounts/create-administrator.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { takenProblem } from '#lib/auth/taken.ts'
import type { Secret } from '#lib/crypto/secret.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { isSetupKey, setupKeyOf } from './setup-key.ts'

const nonceBytes = 16

/** The key to print at the start; null once an administrator exists. The same at every start until it is used. */
export async function openSetup(
  runtime: Pick<Runtime, 'database' | 'random' | 'roots'>,
): Promise<Secret | null> {
  const nonce = await offerSetupNonce(
    runtime.database,
    runtime.random.bytes(nonceBytes).toString('base64url'),
  )
  return nonce === null ? null : setupKeyOf(runtime.roots, nonce)
}

/** True while no administrator exists and the key still works. */
export async function isSetupOpen(runtime: Pick<Runtime, 'database'>): Promise<boolean> {
  return (await findSetupNonce(runtime.database)) !== null
}

export interface FirstAdministrator {
  setupKey: string
  email: string
  username: string
  password: string
  addressBlock: string
  client: EventClient
}

/**
 * Creates the first administrator. Of parallel calls with the right key one wins.
 *
 * @throws Problem `link_invalid` for a wrong key, `link_used` once an administrator exists
 */
export async function setUpFirstAdministrator(
  runtime: Runtime,
  request: FirstAdministrator,
): Promise<UserRow> {
  const nonce = await findSetupNonce(runtime.database)
  if (nonce === null) throw new Problem('link_used', { because: 'an administrator exists' })
  if (!isSetupKey(runtime.roots, nonce, request.setupKey)) {
    await runtime.limits.windows.use('setup', request.addressBlock)
    throw new Problem('link_invalid', { because: 'wrong key' })
  }
  await requireAcceptablePassword(runtime, request.password, request)
  const passwordHash = await runtime.passwords.hash(request.password)
  const { email, username } = request
  const event = userEvent('administrator_created', request.client)
  const user = await insertOnce(runtime, nonce, {
    email,
    username,
    passwordHash,
    event,
    mail: '[]',
    isVerified: isVouchedFor(runtime.config),
  })
  if (!user) throw new Problem('link_used', { because: 'another call used the key' })
  runtime.log.info({ event: 'administrator_created', user_id: user.id }, 'first administrator created')
  return user
}

async function insertOnce(
  runtime: Runtime,
  nonce: string,
  account: Omit<NewUser, 'roles'>,
): Promise<UserRow | null> {
  try {
    return await runtime.database.transaction(async (transaction) => {
      const isMine = await consumeSetupNonce(transaction, nonce)
      if (!isMine) return null
      const roles = [...new Set(['ADMIN', runtime.config.defaultRole])]
      return insertUserWithPassword(transaction, { ...account, roles })
    })
  } catch (error) {
    throw takenProblem(error) ?? error
  }
}
