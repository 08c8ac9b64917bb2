import { advanceSessionEpoch } from '#db/queries/session-endings.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { overtaken } from '#lib/session/overtaken.ts'

/** Ends all sessions of the caller but this one; returns how many were alive. */
export async function endOtherSessions(
  runtime: Runtime,
  { user, session }: Principal,
  client: EventClient,
): Promise<number> {
  const advanced = await advanceSessionEpoch(runtime.database, {
    userId: user.id,
    fromEpoch: session.epoch,
    reason: 'revoked_by_user',
    keptSessionId: session.id,
    roleLimits: runtime.config.session.roleLimits,
    event: userEvent('other_sessions_ended', client, { sessionId: session.id }),
  })
  if (!advanced) throw await overtaken(runtime, session.id)
  runtime.sessionCheck.forget({ kind: 'user', userId: user.id })
  runtime.metrics.count('auth_session_ended', 'revoked_by_user', advanced.ended)
  const event = {
    event: 'other_sessions_ended',
    user_id: user.id,
    session_id: session.id,
    ended: advanced.ended,
  }
  runtime.log.info(event, 'other sessions ended')
  return advanced.ended
}
