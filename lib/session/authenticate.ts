import type { SessionRow } from '#db/queries/session-rows.ts'
import type { UserRow } from '#db/queries/users.ts'
import { Problem } from '#lib/problems.ts'
import { inTurn, type MaybePromise } from '#lib/runtime/in-turn.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { SessionVerdict } from './session-check.ts'

/** The credentials a request carries. With an Authorization header the cookie counts for nothing. */
export type PresentedCredential =
  | { kind: 'none' }
  | { kind: 'bearer'; token: string }
  | { kind: 'cookie'; value: string }

/** A signed-in caller: its session was alive when the request was checked. */
export interface Principal {
  user: UserRow
  session: SessionRow
  credential: PresentedCredential
}

type Reader = Pick<Runtime, 'accessTokens' | 'sessionCredentials' | 'sessionCheck' | 'clock'>

/**
 * Finds out who calls.
 *
 * @throws Problem `unauthenticated`, `invalid_token`, `token_expired` (only while the session is alive, so that
 *         "refresh" is good advice) or `session_ended` with the reason
 */
export function authenticate(runtime: Reader, presented: PresentedCredential): MaybePromise<Principal> {
  if (presented.kind === 'none') throw new Problem('unauthenticated')
  return inTurn(readCredential(runtime, presented), (read) => {
    if (read.kind === 'invalid') throw new Problem('invalid_token', { because: read.because })
    const verdict = runtime.sessionCheck.check(read.claims)
    return inTurn(verdict, (told) => toPrincipal(told, presented, read.kind === 'expired'))
  })
}

function toPrincipal(
  verdict: SessionVerdict,
  presented: Exclude<PresentedCredential, { kind: 'none' }>,
  isExpired: boolean,
): Principal {
  if (verdict.kind === 'ask')
    throw new Problem('unavailable', { because: 'no check could tell', retryAfterSeconds: 1 })
  if (verdict.kind === 'ended') throw new Problem('session_ended', { endedReason: verdict.reason })
  const { session, user } = verdict.snapshot
  if (session.kind !== presented.kind)
    throw new Problem('invalid_token', { because: 'a credential of another kind' })
  if (isExpired) throw new Problem('token_expired')
  return { user, session, credential: presented }
}

/** Verifies a credential without asking whether its session lives. */
export function readCredential(
  runtime: Pick<Runtime, 'accessTokens' | 'sessionCredentials' | 'clock'>,
  presented: Exclude<PresentedCredential, { kind: 'none' }>,
) {
  const now = runtime.clock.now()
  return presented.kind === 'bearer'
    ? runtime.accessTokens.read(presented.token, now)
    : runtime.sessionCredentials.read(presented.value, now)
}
