import { insertAuditEvent } from '#db/queries/audit-events.ts'
import { endSessions } from '#db/queries/session-endings.ts'
import { presentRefreshGeneration, touchSession } from '#db/queries/session-use.ts'
import type { UserRow } from '#db/queries/users.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { readRefreshToken } from '#lib/crypto/refresh-token.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { EndedReason } from '#lib/session/ended-reason.ts'
import { type IssuedSession, issueBearerTokens, issueSessionCookie } from '#lib/session/issued-session.ts'
import { judgeRefresh, type RefreshVerdict } from '#lib/session/refresh-verdict.ts'
import { judgeSession } from '#lib/session/session-state.ts'

/**
 * Earns the current tokens with a refresh token: one statement, whoever else presents it.
 *
 * @throws Problem `invalid_refresh_token` without a query for a forged one; `session_ended` with the reason, also
 *         when this very call ended it because the token was reused
 */
export async function refreshBearer(
  runtime: Runtime,
  refreshToken: string,
  client: EventClient,
): Promise<IssuedSession> {
  const { lostAnswerSeconds, roleLimits } = runtime.config.session
  const position = readRefreshToken(runtime.roots, refreshToken)
  if (!position) throw new Problem('invalid_refresh_token', { because: 'forged or malformed' })
  const row = await presentRefreshGeneration(runtime.database, { ...position, roleLimits })
  if (!row) throw ended('unknown')
  if (row.session.kind !== 'bearer')
    throw new Problem('invalid_refresh_token', { because: 'of a cookie session' })
  const verdict = judgeRefresh(position.generation, row, lostAnswerSeconds)
  runtime.metrics.count('auth_refresh', verdict.kind)
  noteUnusual(runtime, verdict, position.sessionId, row.user.id)
  if (verdict.kind === 'ended') throw ended(verdict.reason)
  if (verdict.kind === 'reuse') {
    const endedIds = await endBecauseOfReuse(runtime, position, row.user, client)
    runtime.sessionCheck.forget({ kind: 'session', sessionId: position.sessionId })
    runtime.metrics.count('auth_session_ended', 'refresh_reuse', endedIds.length)
    throw ended('refresh_reuse')
  }
  if (verdict.kind === 'ahead') {
    const about = { userId: row.user.id, sessionId: position.sessionId }
    await insertAuditEvent(runtime.database, userEvent('refresh_ahead', client, about))
  }
  return issueBearerTokens(runtime, row.user, row.session, row.now)
}

/** Says so to the owner, once: who holds the old copy may present it again and again. */
function endBecauseOfReuse(
  runtime: Runtime,
  { sessionId, generation }: { sessionId: string; generation: number },
  user: UserRow,
  client: EventClient,
): Promise<string[]> {
  return runtime.database.transaction(async (transaction) => {
    const ended = await endSessions(transaction, {
      sessionIds: [sessionId],
      reason: 'refresh_reuse',
      event: userEvent('refresh_reuse', client, { details: { generation } }),
    })
    if (ended.length === 0) return ended
    const props = occasionOf(runtime, client)
    const message = { template: 'sessions_ended_by_reuse', to: user.email, props } as const
    await queueMail(runtime, transaction, { userId: user.id }, message)
    return ended
  })
}

/** Extends the session of a cookie and hands out the same cookie again. */
export async function refreshCookie(runtime: Runtime, credential: string): Promise<IssuedSession> {
  const read = await runtime.sessionCredentials.read(credential, runtime.clock.now())
  if (read.kind === 'invalid') throw new Problem('invalid_refresh_token', { because: read.because })
  const row = await touchSession(runtime.database, read.claims.sessionId, runtime.config.session.roleLimits)
  if (!row) throw ended('unknown')
  if (row.session.kind !== 'cookie')
    throw new Problem('invalid_refresh_token', { because: 'of a bearer session' })
  const state = judgeSession(row)
  if (state.kind === 'ended') throw ended(state.reason)
  return issueSessionCookie(runtime, row.user, row.session, row.now)
}

function ended(endedReason: EndedReason): Problem {
  return new Problem('session_ended', { endedReason })
}

const unusual: Partial<Record<RefreshVerdict['kind'], string>> = {
  recovered: 'refresh_recovered',
  ahead: 'refresh_ahead',
  reuse: 'refresh_reuse',
}

function noteUnusual(runtime: Runtime, verdict: RefreshVerdict, sessionId: string, userId: number): void {
  const event = unusual[verdict.kind]
  if (event) runtime.log.warn({ event, session_id: sessionId, user_id: userId }, 'unusual refresh')
}
