import { endOwnSession } from '#db/queries/session-endings.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'

/** Ends one session of the caller. @throws Problem `not_found` when it is not theirs, or not alive */
export async function endSession(
  runtime: Runtime,
  principal: Principal,
  sessionId: string,
  client: EventClient,
): Promise<void> {
  const reason = sessionId === principal.session.id ? 'signed_out' : 'revoked_by_user'
  const isEnded = await endOwnSession(runtime.database, {
    sessionId,
    userId: principal.user.id,
    reason,
    roleLimits: runtime.config.session.roleLimits,
    event: userEvent('session_ended', client, {
      userId: principal.user.id,
      sessionId: principal.session.id,
      details: { ended_session_id: sessionId, reason },
    }),
  })
  if (!isEnded) throw new Problem('not_found', { because: 'no live session of this user' })
  runtime.sessionCheck.forget({ kind: 'session', sessionId })
  runtime.metrics.count('auth_session_ended', reason)
  runtime.log.info({ event: 'session_ended', session_id: sessionId, reason }, 'session ended')
}
