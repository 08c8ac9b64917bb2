import { endSessions } from '#db/queries/session-endings.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type PresentedCredential, readCredential } from '#lib/session/authenticate.ts'

/** Ends the session of the cookie, if it carries one that verifies. */
export async function endPresentedSession(
  runtime: Runtime,
  credential: PresentedCredential,
  client: EventClient,
): Promise<void> {
  if (credential.kind !== 'cookie') return
  const read = await readCredential(runtime, credential)
  if (read.kind === 'invalid') return
  const event = userEvent('signed_out', client)
  const { sessionId } = read.claims
  const ended = await endSessions(runtime.database, { sessionIds: [sessionId], reason: 'signed_out', event })
  // Also when it had ended before: of a sign-out whose answer was lost this process may not have heard yet.
  runtime.sessionCheck.forget({ kind: 'session', sessionId })
  if (ended.length > 0) {
    runtime.metrics.count('auth_session_ended', 'signed_out')
    runtime.log.info({ event: 'session_ended', session_id: sessionId, reason: 'signed_out' }, 'session ended')
  }
}
