import type { Connection } from '#db/connection.ts'
import type { SessionKind } from '#db/queries/session-rows.ts'
import { type InsertedSession, insertSession, type NewSession } from '#db/queries/sessions.ts'
import type { UserRow } from '#db/queries/users.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { deviceLabel } from './device-label.ts'
import { type IssuedSession, issueBearerTokens, issueSessionCookie } from './issued-session.ts'
import { sessionLifetime } from './session-lifetime.ts'

/** The client as the session remembers it. */
export type SessionClient = EventClient

export interface SessionStart {
  kind: SessionKind
  /** With the epoch that was read together with the verified credential. */
  user: UserRow
  /** Authentication methods (RFC 8176), for example `['pwd']`. */
  amr: readonly string[]
  remember: boolean
  client: SessionClient
  /** A live session of the same browser, which ends as this one begins. */
  replacesSessionId?: string
  /** True for a session that goes on with what another one of the same client was: nobody signed in. */
  isContinued?: boolean
  /** The browser proved that it has signed in to this account before, or this is no sign-in: nobody is told of it. */
  isKnownDevice: boolean
}

/**
 * Begins a session: one row, whatever the way in.
 *
 * @returns null when the user may not have one now: the account was disabled or deleted, or everything was ended
 *          (a password change) after the credential was read
 */
export async function startSession(
  runtime: Runtime,
  db: Connection,
  start: SessionStart,
): Promise<(IssuedSession & { sessionId: string }) | null> {
  const { user, kind, amr, client, remember } = start
  const id = newUuidV7(runtime.random, runtime.clock.now())
  const userAgent = client.userAgent?.slice(0, userAgentLengthMax) ?? null
  const lifetime = sessionLifetime(runtime.config.session, remember)
  const session: NewSession = {
    id,
    userId: user.id,
    verifiedEpoch: user.sessionEpoch,
    kind,
    amr,
    remembered: remember,
    ...lifetime,
    userAgent,
    device: deviceLabel(userAgent),
    // Empty when the other end was gone before anybody asked for its address.
    clientAddress: client.address || null,
    replacesSessionId: start.replacesSessionId ?? null,
    event: start.isContinued
      ? null
      : userEvent('signed_in', client, { details: { kind, amr: amr.join(' ') } }),
    isKnownDevice: start.isKnownDevice,
    newDeviceMail: composeMail(runtime, {
      template: 'new_device',
      to: user.email,
      props: occasionOf(runtime, client),
    }),
  }
  const inserted = await insertSession(db, session, runtime.config.session)
  if (!inserted) return null
  noteEndings(runtime, session, inserted)
  const now = inserted.createdAt
  const facts = {
    ...inserted,
    id,
    amr: [...amr],
    epoch: user.sessionEpoch,
    generation: 1,
    authenticatedAt: now,
    remembered: remember,
  }
  const issue = kind === 'bearer' ? issueBearerTokens : issueSessionCookie
  const issued = await issue(runtime, user, facts, now)
  return { ...issued, sessionId: id }
}

/** What ended as a session began: refused here from now on. */
function noteEndings(
  { sessionCheck, metrics, log }: Runtime,
  { replacesSessionId }: NewSession,
  { hasReplaced, excessIds }: InsertedSession,
): void {
  const endings = [
    ...(replacesSessionId && hasReplaced ? [{ sessionId: replacesSessionId, reason: 'signed_out' }] : []),
    ...excessIds.map((sessionId) => ({ sessionId, reason: 'limit' })),
  ]
  for (const { sessionId, reason } of endings) {
    sessionCheck.forget({ kind: 'session', sessionId })
    metrics.count('auth_session_ended', reason)
    log.info({ event: 'session_ended', session_id: sessionId, reason }, 'session ended')
  }
}

const userAgentLengthMax = 512
