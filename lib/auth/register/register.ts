import { insertPendingRegistration } from '#db/queries/registrations.ts'
import { insertUserWithPassword, type UserRow } from '#db/queries/users.ts'
import { isInvited } from '#lib/accounts/invitation.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { mayMailTo } from '#lib/auth/request-mail.ts'
import { taken, takenProblem } from '#lib/auth/taken.ts'
import { requireMailDomain } from '#lib/mail/mail-domains.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export interface Registration {
  email: string
  username: string
  password: string
  /** From the link of an operator, where those are needed. */
  invitation: string | undefined
  client: EventClient & { block: string }
}

export interface Registered {
  /** Null where the address has to be proven first: then nobody may learn whether it was known. */
  user: UserRow | null
  rateLimit: RateLimitState
}

/** A message may take a day to be delivered, and its link lives for another. */
const pendingSeconds = 48 * 3600

/**
 * Creates an account with the default role; where addresses have to be proven, a registration that waits for that.
 *
 * @throws Problem `registration_closed`, `invalid_request` for a domain that takes no mail, `weak_password`,
 *         `breached_password`, `rate_limited`, `overloaded`, `username_taken`, and `email_taken` only where addresses
 *         need no proof
 */
export async function register(runtime: Runtime, registration: Registration): Promise<Registered> {
  requireOpen(runtime, registration)
  const { email, username, password, client } = registration
  runtime.passwords.requireRoom()
  await requireAcceptablePassword(runtime, password, { email, username })
  const rateLimit = await runtime.limits.windows.use('registration', client.block)
  await requireMailDomain(runtime, email, 'email')
  const passwordHash = await runtime.passwords.hash(password)
  const isRequired = runtime.config.emailVerification === 'required'
  const insert = isRequired ? insertPending : insertAccount
  const user = await insert(runtime, registration, passwordHash).catch((error) => {
    throw takenProblem(error) ?? error
  })
  return { user, rateLimit }
}

function requireOpen({ config, roots, clock }: Runtime, { email, invitation }: Registration): void {
  if (config.registration === 'open') return
  if (config.registration === 'closed') throw new Problem('registration_closed')
  if (isInvited(roots, { email, invitation, now: clock.now() })) return
  throw new Problem('registration_closed', {
    detail:
      'New accounts need an invitation, for the address that it was made for, and not older than 7 days.',
  })
}

async function insertAccount(
  runtime: Runtime,
  { email, username, client }: Registration,
  passwordHash: string,
): Promise<UserRow> {
  const user = await insertUserWithPassword(runtime.database, {
    email,
    username,
    passwordHash,
    roles: [runtime.config.defaultRole],
    event: userEvent('account_registered', client),
    mail: verificationTo(runtime, email, client),
    isVerified: false,
  })
  runtime.metrics.count('auth_register', 'created')
  runtime.log.info({ event: 'user_registered', user_id: user.id }, 'account created')
  return user
}

/** Looks at no account with the address: neither the answer nor its time tells whether there is one. */
async function insertPending(
  runtime: Runtime,
  { email, username, client }: Registration,
  passwordHash: string,
): Promise<null> {
  const mayMail = await mayMailTo(runtime, email)
  const isReserved = await insertPendingRegistration(runtime.database, {
    id: newUuidV7(runtime.random, runtime.clock.now()),
    email,
    username,
    passwordHash,
    lifetimeSeconds: pendingSeconds,
    mail: mayMail ? verificationTo(runtime, email, client) : '[]',
    clientAddress: client.address || null,
  })
  if (!isReserved) throw taken('username', 'username_taken')
  runtime.metrics.count('auth_register', 'pending')
  return null
}

function verificationTo(runtime: Runtime, email: string, client: EventClient) {
  const props = { ...occasionOf(runtime, client), requestId: client.requestId }
  return composeMail(runtime, { template: 'verify_email', to: email, props })
}
