import { insertUserWithPassword, type UserRow } from '#db/queries/users.ts'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import {
  isMailAddress,
  judgeUsername,
  normaliseMailAddress,
  normaliseUsername,
} from '#lib/auth/identifiers.ts'
import { takenProblem } from '#lib/auth/taken.ts'
import type { Config } from '#lib/config/config.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { passwordBytesMax } from '#lib/password/password.contract.ts'
import { type FieldProblem, Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export interface NewAdministrator {
  email: string
  username: string
  password: string
}

/**
 * Creates an account with the role ADMIN and the default role. A set-up key that was printed is void from then on.
 *
 * @throws Problem `invalid_request`, `weak_password`, `breached_password`, `email_taken` or `username_taken`
 */
export async function createAdministrator(runtime: Runtime, wanted: NewAdministrator): Promise<UserRow> {
  const account = {
    email: isMailAddress(wanted.email) ? normaliseMailAddress(wanted.email) : wanted.email,
    username: normaliseUsername(wanted.username),
  }
  requireWellFormed({ ...account, password: wanted.password })
  await requireAcceptablePassword(runtime, wanted.password, account)
  const passwordHash = await runtime.passwords.hash(wanted.password)
  const roles = [...new Set(['ADMIN', runtime.config.defaultRole])]
  const event = operatorEvent('administrator_created')
  const user = await insertUserWithPassword(runtime.database, {
    ...account,
    passwordHash,
    roles,
    event,
    mail: '[]',
    isVerified: isVouchedFor(runtime.config),
  }).catch((error) => {
    throw takenProblem(error) ?? error
  })
  runtime.log.info({ event: 'administrator_created', user_id: user.id }, 'administrator created')
  return user
}

/** The operator vouches for the address: where it has to be proven, nobody could let this account in. */
export function isVouchedFor({ emailVerification }: Config): boolean {
  return emailVerification === 'required'
}

/** The API says the same with its schemas. */
function requireWellFormed({ email, username, password }: NewAdministrator): void {
  const complaints = {
    email: isMailAddress(email) ? null : 'Enter an email address, for example anna@example.com.',
    username: judgeUsername(username),
    password: judgeLength(password),
  }
  const errors = Object.entries(complaints).flatMap(([field, detail]): FieldProblem[] =>
    detail === null ? [] : [{ field, code: 'invalid_request', detail }],
  )
  const [first] = errors
  if (first) throw new Problem('invalid_request', { detail: first.detail, errors })
}

function judgeLength(password: string): string | null {
  if (password === '') return 'Enter a password.'
  return Buffer.byteLength(password) > passwordBytesMax ? 'The password is over 1,024 bytes.' : null
}
