import { insertAuditEvent } from '#db/queries/audit-events.ts'
import { endSessionWithMail } from '#db/queries/session-endings.ts'
import { presentRefreshGeneration, touchSession } from '#db/queries/session-use.ts'
import { userEvent } from '#lib/audit/audit-event.ts'
import { readRefreshToken } from '#lib/crypto/refresh-token.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { EndedReason } from '#lib/session/ended-reason.ts'
import { type IssuedSession, issueBearerTokens, issueSessionCookie } from '#lib/session/issued-session.ts'
import { judgeRefresh, type RefreshVerdict } from '#lib/session/refresh-verdict.ts'
import { judgeSession } from '#lib/session/session-state.ts'
import type { SessionClient } from '#lib/session/start-session.ts'

/**
 * Earns the current tokens with a refresh token: one statement, whoever else presents it.
 *
 * @throws Problem `invalid_refresh_token` without a query for a forged one; `session_ended` with the reason, also
 *         when this very call ended it because the token was reused
 */
export async function refreshBearer(
  runtime: Runtime,
  refreshToken: string,
  client: SessionClient,
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
    await endForReuse(runtime, position, row.user.email, client)
    throw ended('refresh_reuse')
  }
  if (verdict.kind === 'ahead') {
    const about = { userId: row.user.id, sessionId: position.sessionId }
    await insertAuditEvent(runtime.database, userEvent('refresh_ahead', client, about))
  }
  return issueBearerTokens(runtime, row.user, row.session, row.now)
}

async function endForReuse(
  runtime: Runtime,
  { sessionId, generation }: { sessionId: string; generation: number },
  email: string,
  client: SessionClient,
): Promise<void> {
  const props = occasionOf(runtime, client)
  const mail = composeMail(runtime, { template: 'sessions_ended_by_reuse', to: email, props })
  const event = userEvent('refresh_reuse', client, { details: { generation } })
  const ending = { sessionId, reason: 'refresh_reuse', mail, event }
  const isEnded = await endSessionWithMail(runtime.database, ending)
  runtime.sessionCheck.forget({ kind: 'session', sessionId })
  runtime.metrics.count('auth_session_ended', 'refresh_reuse', Number(isEnded))
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
