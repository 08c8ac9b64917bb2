import { endSessions } from '#db/queries/session-endings.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { readRefreshToken } from '#lib/crypto/refresh-token.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type PresentedCredential, readCredential } from '#lib/session/authenticate.ts'

/** Ends every session that one of these credentials belongs to. What does not verify is passed over. */
export async function logout(
  runtime: Runtime,
  presented: { credential: PresentedCredential; refreshToken: string | undefined; client: EventClient },
): Promise<void> {
  const sessionIds = [
    await sessionOfCredential(runtime, presented.credential),
    presented.refreshToken && readRefreshToken(runtime.roots, presented.refreshToken)?.sessionId,
  ].filter((id): id is string => Boolean(id))
  if (sessionIds.length === 0) return
  const ended = await endSessions(runtime.database, {
    sessionIds: [...new Set(sessionIds)],
    reason: 'signed_out',
    event: userEvent('signed_out', presented.client),
  })
  // Also what had ended before: of a sign-out whose answer was lost this process may not have heard yet.
  for (const sessionId of sessionIds) runtime.sessionCheck.forget({ kind: 'session', sessionId })
  for (const sessionId of ended) {
    runtime.metrics.count('auth_session_ended', 'signed_out')
    runtime.log.info({ event: 'session_ended', session_id: sessionId, reason: 'signed_out' }, 'session ended')
  }
}

/** An expired credential names its session as well as a fresh one, and people sign out late. */
async function sessionOfCredential(
  runtime: Runtime,
  credential: PresentedCredential,
): Promise<string | null> {
  if (credential.kind === 'none') return null
  const read = await readCredential(runtime, credential)
  return read.kind === 'invalid' ? null : read.claims.sessionId
}
