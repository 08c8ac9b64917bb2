import { findSession } from '#db/queries/sessions.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { judgeSession } from './session-state.ts'

/**
 * What a caller is told whose account moved on between the check of their session and now: why the session is over, or
 * to try again where it lives, because another request of the same session was first.
 */
export async function overtaken(
  { database, config }: Pick<Runtime, 'database' | 'config'>,
  sessionId: string,
): Promise<Problem> {
  const row = await findSession(database, sessionId, config.session.roleLimits)
  const state = row && judgeSession(row)
  if (state?.kind !== 'alive')
    return new Problem('session_ended', { endedReason: state?.reason ?? 'unknown' })
  return new Problem('unavailable', {
    retryAfterSeconds: 1,
    detail: 'Your account was changed at the same moment. Try again.',
    because: 'another request of the session was first',
  })
}
