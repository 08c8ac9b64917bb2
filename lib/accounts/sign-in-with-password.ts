import { restoreAccount } from '#db/queries/account-changes.ts'
import { insertAuditEvent } from '#db/queries/audit-events.ts'
import type { SessionKind } from '#db/queries/session-rows.ts'
import {
  findSignInCandidate,
  replacePasswordHash,
  type SignInCandidate,
  type SignInLookup,
} from '#db/queries/users.ts'
import { userEvent } from '#lib/audit/audit-event.ts'
import { normaliseIdentifier } from '#lib/auth/identifiers.ts'
import { sha256 } from '#lib/crypto/digest.ts'
import type { CountedAttempt } from '#lib/limits/attempts.ts'
import { accountBudget, addressBudgets, signInKeyOf } from '#lib/limits/budget-policies.ts'
import { type KnownDevice, knowsAccount } from '#lib/limits/known-device.ts'
import type { PasswordVerdict } from '#lib/password/passwords.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { IssuedSession } from '#lib/session/issued-session.ts'
import { type SessionClient, startSession } from '#lib/session/start-session.ts'

export interface SignInAttempt {
  /** Email address or user name, as typed. */
  identifier: string
  password: string
  kind: SessionKind
  remember: boolean
  client: SessionClient & { block: string }
  /** A browser that has signed in before, by its cookie. */
  device: KnownDevice | null
  /** A session whose cookie this browser carried; it ends as the new one begins. */
  replacesSessionId?: string
}

export interface SignIn {
  issued: IssuedSession
  rateLimit: RateLimitState
}

/**
 * Signs in with a password.
 *
 * @throws Problem `invalid_credentials` for an unknown account and a wrong password alike, `rate_limited` without
 *         looking at the password, `overloaded`, and after a right password only: `account_disabled`
 */
export async function login(runtime: Runtime, attempt: SignInAttempt): Promise<SignIn> {
  runtime.passwords.requireRoom()
  const found = await findSignInCandidate(runtime.database, normaliseIdentifier(attempt.identifier))
  const { candidate } = found
  const counted = await runtime.limits.attempts.count([
    accountBudget(accountKey(runtime, attempt, found)),
    ...addressBudgets(attempt.client.block),
  ])
  const verdict = await verify(runtime, candidate?.passwordHash ?? null, attempt.password, counted)
  if (verdict.kind === 'wrong' || !candidate) {
    const isOfPending = await matchesPending(runtime, found, attempt, counted)
    throw await refused(runtime, counted, attempt, candidate, isOfPending)
  }
  await counted.right()
  if (candidate.disabledAt) throw new Problem('account_disabled', { because: `user ${candidate.id}` })
  if (runtime.config.emailVerification === 'required' && !candidate.emailVerifiedAt) {
    throw new Problem('email_not_verified', { because: `user ${candidate.id}` })
  }
  if (verdict.isOutdated) await renewHash(runtime, candidate, attempt.password)
  const issued = await beginSession(runtime, candidate, attempt)
  // Everything was ended after the hash was read: the password that was right is not the password any more.
  if (!issued) throw new Problem('invalid_credentials', { because: 'the epoch moved during the sign-in' })
  runtime.metrics.count('auth_login', 'signed_in')
  const event = {
    event: 'signed_in',
    user_id: candidate.id,
    session_id: issued.sessionId,
    kind: attempt.kind,
  }
  runtime.log.info(event, 'session started')
  return { issued, rateLimit: counted.limit }
}

async function beginSession(runtime: Runtime, candidate: SignInCandidate, attempt: SignInAttempt) {
  const start = {
    ...attempt,
    user: candidate,
    amr: ['pwd'],
    isKnownDevice: isKnownDevice(runtime, attempt, candidate),
  }
  if (!candidate.deletedAt) return startSession(runtime, runtime.database, start)
  const account = { userId: candidate.id, verifiedEpoch: candidate.sessionEpoch }
  const event = userEvent('account_restored', attempt.client)
  const issued = await runtime.database.transaction(async (transaction) => {
    const isRestored = await restoreAccount(transaction, { ...account, event })
    return isRestored ? startSession(runtime, transaction, start) : null
  })
  runtime.sessionCheck.forget({ kind: 'user', userId: candidate.id })
  return issued && { ...issued, user: { ...issued.user, deletedAt: null } }
}

/**
 * By account when it is known, so that address and user name share; a known browser has a budget of its own. The
 * spellings of an unknown account share one exactly when they would mean one account: folded otherwise than the
 * database compares, a spelling with a budget of its own would tell that there is no account.
 */
function accountKey(runtime: Runtime, attempt: SignInAttempt, { candidate, folded }: SignInLookup): string {
  if (!candidate) return `account:unknown:${sha256(folded ?? attempt.identifier).toString('base64url')}`
  const known = isKnownDevice(runtime, attempt, candidate)
  return known ? `${signInKeyOf(candidate.id)}:${attempt.device?.id}` : signInKeyOf(candidate.id)
}

function isKnownDevice({ roots }: Runtime, { device }: SignInAttempt, candidate: SignInCandidate): boolean {
  return device !== null && knowsAccount(roots, device, candidate)
}

async function verify(
  runtime: Runtime,
  storedHash: string | null,
  password: string,
  counted: CountedAttempt,
): Promise<PasswordVerdict> {
  try {
    return await runtime.passwords.verify(storedHash, password)
  } catch (error) {
    await counted.giveBack()
    throw error
  }
}

/**
 * A registration that waits for its mailbox, known to nobody but who made it: its password says so, whether or not an
 * account has the address. It is looked at after the account's, so both cost the same. The try stays counted whatever
 * comes of it, since the account's password was tried: with a registration for every guess they would be unlimited.
 */
async function matchesPending(
  runtime: Runtime,
  { pendingHash }: SignInLookup,
  { password }: SignInAttempt,
  counted: CountedAttempt,
): Promise<boolean> {
  if (pendingHash === null) return false
  try {
    return (await runtime.passwords.verify(pendingHash, password)).kind !== 'wrong'
  } catch (error) {
    await counted.refused()
    throw error
  }
}

/** Written down for known and unknown accounts alike: it must not cost more for one of them. */
async function refused(
  runtime: Runtime,
  counted: CountedAttempt,
  { client }: SignInAttempt,
  candidate: SignInCandidate | null,
  isOfPending: boolean,
): Promise<Problem> {
  await counted.refused()
  await insertAuditEvent(
    runtime.database,
    userEvent('sign_in_refused', client, { userId: candidate?.id ?? null }),
  )
  if (isOfPending) return new Problem('email_not_verified', { because: 'a registration in waiting' })
  runtime.metrics.count('auth_login', 'invalid_credentials')
  return new Problem('invalid_credentials', { rateLimit: counted.limit })
}

/** Replaces an old hash while the password is at hand. A failure costs nothing: the next sign-in tries again. */
async function renewHash(
  runtime: Runtime,
  { id, passwordHash }: SignInCandidate,
  password: string,
): Promise<void> {
  try {
    const newHash = await runtime.passwords.hash(password)
    await replacePasswordHash(runtime.database, { userId: id, verifiedHash: passwordHash ?? '', newHash })
  } catch (error) {
    runtime.log.warn({ event: 'password_hash_not_renewed', user_id: id, error }, 'old hash kept')
  }
}
