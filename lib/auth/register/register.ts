import type { Connection } from '#db/connection.ts'
import { insertPendingRegistration, replacePendingRegistration } from '#db/queries/registrations.ts'
import { insertUserWithPassword, type UserRow } from '#db/queries/users.ts'
import { isInvited } from '#lib/accounts/invitation.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { mayMailTo } from '#lib/auth/request-mail.ts'
import { taken, takenProblem } from '#lib/auth/taken.ts'
import { inKeptTransaction, type KeepResult } from '#lib/idempotency/in-kept-transaction.ts'
import { requireMailDomain } from '#lib/mail/mail-domains.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { requireOwnRegistration } from './require-own-registration.ts'

export interface NewAccount {
  email: string
  username: string
  password: string
  /** From the link of an operator, where those are needed. */
  invitation?: string | undefined
}

export interface Registration extends NewAccount {
  client: EventClient & { block: string }
}

/** Null where the address has to be proven first: then nobody may learn whether it was known. */
export type RegisteredUser = UserRow | null

/** A message may take a day to be delivered, and its link lives for another. */
const pendingSeconds = 48 * 3600

/**
 * Refuses what {@link register} must never see, without a statement.
 *
 * @throws Problem `registration_closed`, `overloaded`, `weak_password` or `breached_password`
 */
export async function requireRegistrable(runtime: Runtime, registration: NewAccount): Promise<void> {
  requireOpen(runtime, registration)
  const { email, username, password } = registration
  runtime.passwords.requireRoom()
  await requireAcceptablePassword(runtime, password, { email, username })
}

/**
 * Creates an account with the default role; where addresses have to be proven, a registration that waits for that, in
 * the place of an earlier one with the same user name and password. For one that {@link requireRegistrable} let through.
 *
 * @param keep  called in the transaction of the insert, which an error of it rolls back; null for none
 * @throws Problem `rate_limited`, `invalid_request` for a domain that takes no mail, `overloaded`, `username_taken`,
 *         and `email_taken` only where addresses need no proof
 */
export async function register(
  runtime: Runtime,
  registration: Registration,
  keep: KeepResult<RegisteredUser> | null,
): Promise<{ user: RegisteredUser; rateLimit: RateLimitState }> {
  const { email, password, client } = registration
  const rateLimit = await runtime.limits.windows.use('registration', client.block)
  await requireMailDomain(runtime, email, 'email')
  const passwordHash = await runtime.passwords.hash(password)
  const prepare = runtime.config.emailVerification === 'required' ? preparePending : prepareAccount
  const plan = await prepare(runtime, registration, passwordHash)
  const insert = (work: Insert) => inKeptTransaction(runtime.database, keep, work)
  const user = await insert(plan.insert)
    .catch(async (error) => {
      if (takenProblem(error) && plan.whenReserved) return insert(await plan.whenReserved())
      throw error
    })
    .catch((error) => {
      throw takenProblem(error) ?? error
    })
  runtime.metrics.count('auth_register', user ? 'created' : 'pending')
  if (user) runtime.log.info({ event: 'user_registered', user_id: user.id }, 'account created')
  return { user, rateLimit }
}

function requireOpen({ config, roots, clock }: Runtime, { email, invitation }: NewAccount): void {
  if (config.registration === 'open') return
  if (config.registration === 'closed') throw new Problem('registration_closed')
  if (isInvited(roots, { email, invitation, now: clock.now() })) return
  throw new Problem('registration_closed', {
    detail:
      'New accounts need an invitation, for the address that it was made for, and not older than 7 days.',
  })
}

type Insert = (db: Connection) => Promise<RegisteredUser>

interface Plan {
  insert: Insert
  /** What to do instead when a registration in waiting holds the user name. */
  whenReserved?: () => Promise<Insert>
}

async function prepareAccount(
  runtime: Runtime,
  { email, username, client }: Registration,
  passwordHash: string,
): Promise<Plan> {
  const account = {
    email,
    username,
    passwordHash,
    roles: [runtime.config.defaultRole],
    event: userEvent('account_registered', client),
    mail: verificationTo(runtime, email, client),
    isVerified: false,
  }
  return { insert: (db) => insertUserWithPassword(db, account) }
}

/** Looks at no account with the address: neither the answer nor its time tells whether there is one. */
async function preparePending(
  runtime: Runtime,
  registration: Registration,
  passwordHash: string,
): Promise<Plan> {
  const { email, username, client } = registration
  const mayMail = await mayMailTo(runtime, { template: 'verify_email', to: email })
  const pending = {
    id: newUuidV7(runtime.random, runtime.clock.now()),
    email,
    username,
    passwordHash,
    lifetimeSeconds: pendingSeconds,
    mail: mayMail ? verificationTo(runtime, email, client) : '[]',
    clientAddress: client.address || null,
  }
  const mine = (isMine: boolean) => {
    if (isMine) return null
    throw taken('username', 'username_taken')
  }
  return {
    insert: async (db) => mine(await insertPendingRegistration(db, pending)),
    whenReserved: async () => {
      const { id: replacedId, email: asked } = await requireOwnRegistration(runtime, registration)
      // The message that the address has must stay good when it gets no other.
      if (pending.mail === '[]' && asked.toLowerCase() === email.toLowerCase()) return async () => null
      return async (db) => mine(await replacePendingRegistration(db, { ...pending, replacedId }))
    },
  }
}

function verificationTo(runtime: Runtime, email: string, client: EventClient) {
  const props = { ...occasionOf(runtime, client), requestId: client.requestId }
  return composeMail(runtime, { template: 'verify_email', to: email, props })
}
