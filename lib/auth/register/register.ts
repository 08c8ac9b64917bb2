import type { OutboxRows } from '#db/queries/mail-outbox.ts'
import { insertUserWithPassword, type NewUser, type UserRow } from '#db/queries/users.ts'
import { takenProblem } from '#lib/auth/taken.ts'
import { requireMailDomain } from '#lib/mail/mail-domains.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { SessionClient } from '#lib/session/start-session.ts'

export interface Registration {
  email: string
  username: string
  password: string
  client: SessionClient & { block: string }
}

/**
 * Creates an account with the default role, and asks for proof of its address by mail.
 *
 * @throws Problem `registration_closed`, `invalid_request` for a domain that takes no mail, `weak_password`, `breached_password`, `rate_limited`, `overloaded`,
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
  await requireMailDomain(runtime, email, 'email')
  const passwordHash = await runtime.passwords.hash(password)
  const verification = {
    template: 'verify_email',
    to: email,
    props: occasionOf(runtime, registration.client),
  } as const
  const user = await insertAccount(
    runtime,
    { email, username, passwordHash, roles: [config.defaultRole] },
    composeMail(runtime, verification),
  )
  runtime.metrics.count('auth_register', 'created')
  runtime.log.info({ event: 'user_registered', user_id: user.id }, 'account created')
  return { user, rateLimit }
}

async function insertAccount(runtime: Runtime, user: NewUser, mail: OutboxRows): Promise<UserRow> {
  try {
    return await insertUserWithPassword(runtime.database, user, mail)
  } catch (error) {
    throw takenProblem(error) ?? error
  }
}
