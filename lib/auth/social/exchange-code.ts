import { endSessions } from '#db/queries/session-endings.ts'
import {
  noteSessionOfCode,
  removeUsedCode,
  type SignInCode,
  spendSignInCode,
} from '#db/queries/sign-in-codes.ts'
import { systemEvent } from '#lib/audit/audit-event.ts'
import { type SocialProviderId, socialProviderIds } from '#lib/config/config.ts'
import { sha256Key } from '#lib/crypto/digest.ts'
import { isProblem, Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { IssuedSession } from '#lib/session/issued-session.ts'
import type { ProvenIdentity } from './proven-identity.ts'
import { recordRefusal } from './record-refusal.ts'
import {
  admitIdentity,
  beginIdentitySession,
  createAccountOf,
  type SocialClient,
} from './sign-in-with-identity.ts'

export interface PresentedCode {
  code: string
  /** What the challenge was made of (RFC 7636). */
  verifier: string
}

/**
 * Turns a code into a session over the bearer transport.
 *
 * @throws Problem `sign_in_code_invalid`, `rate_limited`, and what {@link admitIdentity} refuses
 */
export async function exchangeCode(
  runtime: Runtime,
  presented: PresentedCode,
  { remember, client }: { remember: boolean; client: SocialClient },
): Promise<IssuedSession> {
  await runtime.limits.windows.use('dance', client.block)
  const identity = await spendCode(runtime, presented)
  try {
    const admitted = await admitIdentity(runtime, identity, client)
    const user = admitted ?? (await createAccountOf(runtime, identity, client))
    const session = { kind: 'bearer', remember, client, isKnownDevice: false } as const
    const issued = await beginIdentitySession(runtime, user, identity, session)
    const { sessionId } = issued
    const codeHash = sha256Key(presented.code)
    if (await noteSessionOfCode(runtime.database, { codeHash, sessionId })) return issued
    await endSession(runtime, sessionId)
    throw new Problem('sign_in_code_invalid', { because: 'presented again meanwhile' })
  } catch (error) {
    const told = asOfCode(error)
    if (isProblem(told) && told.status < 500) await recordRefusal(runtime, { ...identity, client }, told)
    throw told
  }
}

/** What a page says of a dance that is over is said here of the code. */
function asOfCode(error: unknown): unknown {
  if (!isProblem(error) || error.code !== 'social_state_lost') return error
  return new Problem('sign_in_code_invalid', error.options)
}

/**
 * Uses a code, whatever for.
 *
 * @throws Problem `sign_in_code_invalid`; a code that was used before ends the session that it became
 */
export async function spendCode(
  runtime: Runtime,
  { code, verifier }: PresentedCode,
): Promise<ProvenIdentity> {
  const codeHash = sha256Key(code)
  const row = await spendSignInCode(runtime.database, { codeHash, challenge: sha256Key(verifier) })
  if (row) return identityIn(row)
  await endWhatItBecame(runtime, codeHash)
  throw new Problem('sign_in_code_invalid')
}

/** RFC 6749 section 4.1.2: of a code that is presented twice, one holder has stolen it. */
async function endWhatItBecame(runtime: Runtime, codeHash: string): Promise<void> {
  const sessionId = await removeUsedCode(runtime.database, codeHash)
  if (sessionId) await endSession(runtime, sessionId)
}

async function endSession(runtime: Runtime, sessionId: string): Promise<void> {
  const reason = 'refresh_reuse'
  const event = systemEvent('session_ended', { details: { because: 'sign-in code presented again' } })
  const ended = await endSessions(runtime.database, { sessionIds: [sessionId], reason, event })
  for (const one of ended) {
    runtime.sessionCheck.forget({ kind: 'session', sessionId: one })
    runtime.metrics.count('auth_session_ended', reason)
    runtime.log.warn({ event: 'session_ended', session_id: one, reason }, 'sign-in code presented again')
  }
}

function identityIn({
  provider,
  issuer,
  subject,
  email,
  emailVerified,
  suggestedName,
}: SignInCode): ProvenIdentity {
  const known = socialProviderIds.find((id): id is SocialProviderId => id === provider)
  if (!known) throw new Problem('sign_in_code_invalid', { because: `a code of ${provider}` })
  return { provider: known, issuer, subject, email, isEmailVerified: emailVerified, suggestedName }
}
