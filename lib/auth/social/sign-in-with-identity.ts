import type { Connection } from '#db/connection.ts'
import { constraints } from '#db/constraints.ts'
import { violatedConstraint } from '#db/errors.ts'
import { restoreAccount } from '#db/queries/account-changes.ts'
import {
  type AccountForSignIn,
  findAccountOfAddress,
  findOwnerOfIdentity,
  type NewIdentity,
  noteIdentityUse,
} from '#db/queries/identities.ts'
import { claimUnprovenAccount, insertUserWithIdentity } from '#db/queries/identity-accounts.ts'
import { voidLinks } from '#db/queries/one-time-links.ts'
import { removeRegistrationsOf } from '#db/queries/registrations.ts'
import type { UserRow } from '#db/queries/users.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { signInKeyOf } from '#lib/limits/budget-policies.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { IssuedSession } from '#lib/session/issued-session.ts'
import { type SessionStart, startSession } from '#lib/session/start-session.ts'
import { type IdentityFacts, judgeIdentity } from './identity-verdict.ts'
import type { ProvenIdentity } from './proven-identity.ts'
import { providerName } from './provider-name.ts'
import { usernameCandidates } from './username-candidates.ts'

export type SocialClient = EventClient & { block: string }

/**
 * Finds the account that an identity may sign in to. One that was made with its address and never proven becomes its
 * own, without what was set before.
 *
 * @returns with the epoch of now; null when nobody has the identity nor its address: then it may have an account
 * @throws Problem `account_disabled`, `email_not_verified`, `provider_email_unverified`, `account_exists` or
 *         `registration_closed`
 */
export async function admitIdentity(
  runtime: Runtime,
  identity: ProvenIdentity,
  client: SocialClient,
): Promise<UserRow | null> {
  const { database, config } = runtime
  const verdict = judgeIdentity({ identity, ...(await whoMayBeMeant(database, identity)), rules: config })
  switch (verdict.kind) {
    case 'create':
      return null
    case 'refused':
      throw new Problem(verdict.code, { because: verdict.because })
    case 'claim':
      return claimAccount(runtime, identity, verdict.account, client)
    case 'sign_in':
      if (verdict.restores) await restore(runtime, verdict.account, client)
      await noteIdentityUse(database, identity)
      return { ...verdict.account, deletedAt: null }
  }
}

/** Whose the identity is, or else who has its address. */
async function whoMayBeMeant(
  database: Connection,
  identity: ProvenIdentity,
): Promise<Pick<IdentityFacts, 'owner' | 'addressee'>> {
  const owner = await findOwnerOfIdentity(database, identity)
  if (owner || identity.email === null) return { owner, addressee: null }
  const addressee = await findAccountOfAddress(database, identity.email)
  // Between the two looks the same person, in another tab, may have made the account that was found.
  return { owner: addressee && (await findOwnerOfIdentity(database, identity)), addressee }
}

async function restore(runtime: Runtime, account: AccountForSignIn, client: SocialClient): Promise<void> {
  const event = userEvent('account_restored', client)
  await restoreAccount(runtime.database, {
    userId: account.id,
    verifiedEpoch: account.sessionEpoch,
    event,
  })
  runtime.sessionCheck.forget({ kind: 'user', userId: account.id })
}

/** Their sessions are told that somebody else signed them out. */
const claimReason = 'revoked_by_user'

async function claimAccount(
  runtime: Runtime,
  identity: ProvenIdentity,
  account: AccountForSignIn,
  client: SocialClient,
): Promise<UserRow> {
  const { database, config, metrics, log } = runtime
  const email = requireAddress(identity)
  const event = userEvent('account_claimed', client, { details: { provider: identity.provider } })
  const mail = composeMail(runtime, {
    template: 'account_claimed',
    to: account.email,
    props: { ...occasionOf(runtime, client), provider: providerName(runtime, identity) },
  })
  const ended = await database.transaction(async (transaction) => {
    const { roleLimits } = config.session
    const change = { userId: account.id, reason: claimReason, roleLimits, event, mail }
    const count = await claimUnprovenAccount(transaction, newIdentity(runtime, identity, email), change)
    // Links that were asked for by whoever made the account must not change it later.
    const purposes = ['verify_email', 'change_email', 'reset_password'] as const
    if (count !== null) await voidLinks(transaction, { userId: account.id, purposes })
    return count
  })
  // Proven while it was judged: now it is an account like any other.
  if (ended === null) throw new Problem('account_exists', { because: `user ${account.id} was proven` })
  runtime.sessionCheck.forget({ kind: 'user', userId: account.id })
  await runtime.limits.attempts.clear(signInKeyOf(account.id))
  metrics.count('auth_session_ended', claimReason, ended)
  log.info({ event: 'account_claimed', user_id: account.id, ended }, 'account given to who has the address')
  const claimed = await findOwnerOfIdentity(database, identity)
  if (!claimed) throw new Problem('social_state_lost', { because: 'unlinked at once' })
  return claimed
}

/**
 * Creates the account of an identity that {@link admitIdentity} has let through: its address is proven, it has no
 * password, and its name is made of what the provider says.
 *
 * @throws Problem `rate_limited`, or `account_exists` when somebody was faster
 */
export async function createAccountOf(
  runtime: Runtime,
  identity: ProvenIdentity,
  client: SocialClient,
): Promise<UserRow> {
  await runtime.limits.windows.use('registration', client.block)
  for (const username of usernameCandidates(identity, runtime.random)) {
    const user = await tryToCreate(runtime, identity, username, client)
    if (!user) continue
    runtime.metrics.count('auth_register', 'created')
    runtime.log.info({ event: 'user_registered', user_id: user.id }, 'account created')
    return user
  }
  throw new Error('no user name was free')
}

/** Null when the name is taken. */
async function tryToCreate(
  runtime: Runtime,
  identity: ProvenIdentity,
  username: string,
  client: SocialClient,
): Promise<UserRow | null> {
  const email = requireAddress(identity)
  const event = userEvent('account_registered', client, { details: { provider: identity.provider } })
  const mail = composeMail(runtime, { template: 'welcome', to: email, props: { username } })
  const account = { username, roles: [runtime.config.defaultRole], event, mail }
  const insert = async (transaction: Connection) => {
    const user = await insertUserWithIdentity(transaction, newIdentity(runtime, identity, email), account)
    if (user) await removeRegistrationsOf(transaction, email)
    return user
  }
  try {
    return await runtime.database.transaction(insert)
  } catch (error) {
    switch (violatedConstraint(error)) {
      case constraints.usersUsername:
        return null
      case constraints.usersEmail:
      case constraints.identities:
        return requireOwner(runtime, identity)
      default:
        throw error
    }
  }
}

/** Who was faster: the same person in another tab, or somebody else with the address. */
async function requireOwner(runtime: Runtime, identity: ProvenIdentity): Promise<UserRow> {
  const owner = await findOwnerOfIdentity(runtime.database, identity)
  if (!owner) throw new Problem('account_exists', { because: 'registered meanwhile' })
  return owner
}

export interface IdentitySession
  extends Pick<SessionStart, 'kind' | 'remember' | 'isKnownDevice' | 'replacesSessionId'> {
  client: SocialClient
}

/** Begins the session of an account that an identity was admitted to. @throws Problem `social_state_lost` */
export async function beginIdentitySession(
  runtime: Runtime,
  user: UserRow,
  { provider }: Pick<ProvenIdentity, 'provider'>,
  session: IdentitySession,
): Promise<IssuedSession & { sessionId: string }> {
  // "fed": a federated sign-in, as others call it; RFC 8176 has no word for it.
  const issued = await startSession(runtime, runtime.database, { ...session, user, amr: ['fed', provider] })
  if (!issued) throw new Problem('social_state_lost', { because: 'everything was ended during the sign-in' })
  runtime.metrics.count('auth_login', 'signed_in')
  const event = { event: 'signed_in', user_id: user.id, session_id: issued.sessionId, kind: session.kind }
  runtime.log.info(event, 'session started')
  return issued
}

export function newIdentity<Email extends string | null>(
  { random, clock }: Pick<Runtime, 'random' | 'clock'>,
  { provider, issuer, subject }: ProvenIdentity,
  email: Email,
): NewIdentity & { email: Email } {
  return { id: newUuidV7(random, clock.now()), provider, issuer, subject, email }
}

function requireAddress({ email }: ProvenIdentity): string {
  if (email === null) throw new TypeError('an identity without an address was let through')
  return email
}
