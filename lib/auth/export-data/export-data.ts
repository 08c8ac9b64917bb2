import { insertAuditEvent, listAuditEvents } from '#db/queries/audit-events.ts'
import {
  type ExportedSession,
  findPasswordChangedAt,
  listMailOf,
  listSessionHistory,
} from '#db/queries/exports.ts'
import { listIdentities } from '#db/queries/identities.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { auditEventNames } from '#lib/audit/audit-event-names.ts'
import { publicUser } from '#lib/auth/public-user.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'

const rowsMax = 10_000

/** Everything that is kept about the caller, as the contract spells it. @throws Problem `rate_limited` */
export async function exportData(runtime: Runtime, { user, session }: Principal, client: EventClient) {
  const { database, limits, clock } = runtime
  await limits.windows.use('export', `user:${user.id}`)
  // Before it is read, so that the export has itself in it.
  const about = { userId: user.id, sessionId: session.id }
  await insertAuditEvent(database, userEvent('data_exported', client, about))
  const of = { userId: user.id, limit: rowsMax }
  const [identities, sessions, events, mails, passwordChangedAt] = await Promise.all([
    listIdentities(database, user.id),
    listSessionHistory(database, of),
    listAuditEvents(database, of),
    listMailOf(database, of),
    findPasswordChangedAt(database, user.id),
  ])
  return {
    exported_at: clock.now().toISOString(),
    profile: {
      ...publicUser(user),
      created_at: user.createdAt.toISOString(),
      email_verified_at: user.emailVerifiedAt?.toISOString() ?? null,
      password_changed_at: passwordChangedAt?.toISOString() ?? null,
    },
    identities: identities.map(({ provider, issuer, subject, email, linkedAt, lastUsedAt }) => ({
      provider,
      issuer,
      subject,
      email,
      linked_at: linkedAt.toISOString(),
      last_used_at: lastUsedAt?.toISOString() ?? null,
    })),
    sessions: sessions.map(sessionOf),
    events: events.flatMap((event) => {
      const name = auditEventNames.find((one) => one === event.name)
      return name === undefined ? [] : [{ ...eventOf(event), name }]
    }),
    mails: mails.map((mail) => ({
      id: mail.id,
      template: mail.template,
      recipient: mail.recipient,
      state: mail.state,
      created_at: mail.createdAt.toISOString(),
      sent_at: mail.sentAt?.toISOString() ?? null,
    })),
  }
}

function sessionOf(session: ExportedSession) {
  return {
    id: session.id,
    kind: session.kind,
    device: session.device,
    user_agent: session.userAgent,
    ip: session.clientAddress,
    amr: session.amr,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    ended_at: session.endedAt?.toISOString() ?? null,
    ended_reason: session.endedReason,
  }
}

function eventOf(event: Awaited<ReturnType<typeof listAuditEvents>>[number]) {
  return {
    occurred_at: event.occurredAt.toISOString(),
    actor: event.actor,
    session_id: event.sessionId,
    ip: event.clientAddress,
    device: event.device,
    request_id: event.requestId,
    details: event.details,
  }
}
