import type { Connection } from '#db/connection.ts'
import { insertUserWithPassword, type NewUser, type UserRow } from '#db/queries/users.ts'
import { takenProblem } from '#lib/auth/taken.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export interface NewAccount {
  email: string
  username: string
  password: string
}

export interface Registration extends NewAccount {
  addressBlock: string
}

export type KeepUser = (transaction: Connection, user: UserRow) => Promise<void>

/**
 * Refuses what {@link register} must never see, without a statement.
 *
 * @throws Problem `registration_closed`, `overloaded`, `weak_password` or `breached_password`
 */
export async function requireRegistrable(runtime: Runtime, registration: NewAccount): Promise<void> {
  if (runtime.config.registration === 'closed') throw new Problem('registration_closed')
  const { email, username, password } = registration
  runtime.passwords.requireRoom()
  await requireAcceptablePassword(runtime, password, { email, username })
}

/**
 * Creates an account with the default role, for a registration that {@link requireRegistrable} has let through.
 *
 * @param keep  called in the transaction of the insert, which an error of it rolls back; null for none
 * @throws Problem `rate_limited`, `overloaded`, `email_taken` or `username_taken`
 */
export async function register(
  runtime: Runtime,
  registration: Registration,
  keep: KeepUser | null,
): Promise<{ user: UserRow; rateLimit: RateLimitState }> {
  const { config } = runtime
  const { email, username, password } = registration
  const rateLimit = await runtime.limits.windows.use('registration', registration.addressBlock)
  const passwordHash = await runtime.passwords.hash(password)
  const account = { email, username, passwordHash, roles: [config.defaultRole] }
  const user = await insertAccount(runtime, account, keep)
  runtime.metrics.count('auth_register', 'created')
  runtime.log.info({ event: 'user_registered', user_id: user.id }, 'account created')
  return { user, rateLimit }
}

async function insertAccount(
  { database }: Runtime,
  account: NewUser,
  keep: KeepUser | null,
): Promise<UserRow> {
  try {
    if (!keep) return await insertUserWithPassword(database, account)
    return await database.transaction(async (transaction) => {
      const user = await insertUserWithPassword(transaction, account)
      await keep(transaction, user)
      return user
    })
  } catch (error) {
    throw takenProblem(error) ?? error
  }
}
