import { insertUserWithPassword, type NewUser, type UserRow } from '#db/queries/users.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { takenProblem } from '#lib/auth/taken.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export interface Registration {
  email: string
  username: string
  password: string
  client: EventClient & { block: string }
}

/**
 * Creates an account with the default role.
 *
 * @throws Problem `registration_closed`, `weak_password`, `breached_password`, `rate_limited`, `overloaded`,
 *         `email_taken` or `username_taken`
 */
export async function register(
  runtime: Runtime,
  registration: Registration,
): Promise<{ user: UserRow; rateLimit: RateLimitState }> {
  const { config } = runtime
  if (config.registration === 'closed') throw new Problem('registration_closed')
  const { email, username, password } = registration
  runtime.passwords.requireRoom()
  await requireAcceptablePassword(runtime, password, { email, username })
  const rateLimit = await runtime.limits.windows.use('registration', registration.client.block)
  const passwordHash = await runtime.passwords.hash(password)
  const user = await insertAccount(runtime, {
    email,
    username,
    passwordHash,
    roles: [config.defaultRole],
    event: userEvent('account_registered', registration.client),
  })
  runtime.metrics.count('auth_register', 'created')
  runtime.log.info({ event: 'user_registered', user_id: user.id }, 'account created')
  return { user, rateLimit }
}

async function insertAccount(runtime: Runtime, user: NewUser): Promise<UserRow> {
  try {
    return await insertUserWithPassword(runtime.database, user)
  } catch (error) {
    throw takenProblem(error) ?? error
  }
}
