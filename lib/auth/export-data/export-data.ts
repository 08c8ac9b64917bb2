import type { Connection } from '#db/connection.ts'
import { type AuditEventRow, insertAuditEvent, listAuditEvents } from '#db/queries/audit-events.ts'
import {
  type ExportedMail,
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

/** Rows in memory at once: the next ones are read when these were taken. */
const pageSize = 1000

/**
 * Everything that is kept about the caller, as the contract spells it: JSON that is written while it is read.
 *
 * @throws Problem `rate_limited`; afterwards, while it is read, what the database throws
 */
export async function exportData(
  runtime: Runtime,
  { user, session }: Principal,
  client: EventClient,
): Promise<AsyncIterable<string>> {
  const { database, limits, clock } = runtime
  await limits.windows.use('export', `user:${user.id}`)
  // Before it is read, so that the export has itself in it.
  const about = { userId: user.id, sessionId: session.id }
  await insertAuditEvent(database, userEvent('data_exported', client, about))
  const [identities, passwordChangedAt] = await Promise.all([
    listIdentities(database, user.id),
    findPasswordChangedAt(database, user.id),
  ])
  const beginning = {
    exported_at: clock.now().toISOString(),
    profile: {
      ...publicUser(user),
      created_at: user.createdAt.toISOString(),
      email_verified_at: user.emailVerifiedAt?.toISOString() ?? null,
      password_changed_at: passwordChangedAt?.toISOString() ?? null,
    },
    identities: identities.map(identityOf),
  }
  return written(beginning, listsOf(database, user.id))
}

type Lists = Record<string, AsyncIterable<unknown[]>>

/** What there is any number of, in pages. */
function listsOf(database: Connection, userId: number): Lists {
  const of = { userId, limit: pageSize }
  return {
    sessions: inPages((after) => listSessionHistory(database, { ...of, after }), sessionOf),
    events: inPages((after) => listAuditEvents(database, { ...of, beforeId: after?.id ?? null }), eventOf),
    mails: inPages((after) => listMailOf(database, { ...of, after }), mailOf),
  }
}

/** @param read  the page that follows a row; null: the first one */
async function* inPages<Row>(
  read: (after: Row | null) => Promise<Row[]>,
  spell: (row: Row) => object | null,
): AsyncIterable<object[]> {
  let last: Row | null = null
  do {
    const rows: Row[] = await read(last)
    yield rows.map(spell).filter((one) => one !== null)
    last = rows.length === pageSize ? (rows.at(-1) ?? null) : null
  } while (last !== null)
}

/** One JSON object: the beginning and, behind it, the lists. */
async function* written(beginning: object, lists: Lists): AsyncIterable<string> {
  yield JSON.stringify(beginning).slice(0, -1)
  for (const [name, pages] of Object.entries(lists)) {
    yield `,${JSON.stringify(name)}:[`
    let isFirst = true
    for await (const page of pages) {
      if (page.length === 0) continue
      yield `${isFirst ? '' : ','}${JSON.stringify(page).slice(1, -1)}`
      isFirst = false
    }
    yield ']'
  }
  yield '}'
}

function identityOf(identity: Awaited<ReturnType<typeof listIdentities>>[number]) {
  const { provider, issuer, subject, email, linkedAt, lastUsedAt } = identity
  return {
    provider,
    issuer,
    subject,
    email,
    linked_at: linkedAt.toISOString(),
    last_used_at: lastUsedAt?.toISOString() ?? null,
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

/** Null for one of another version, which the contract does not know. */
function eventOf(event: AuditEventRow) {
  const name = auditEventNames.find((one) => one === event.name)
  if (name === undefined) return null
  return {
    name,
    occurred_at: event.occurredAt.toISOString(),
    actor: event.actor,
    session_id: event.sessionId,
    ip: event.clientAddress,
    device: event.device,
    request_id: event.requestId,
    details: event.details,
  }
}

function mailOf(mail: ExportedMail) {
  return {
    id: mail.id,
    template: mail.template,
    recipient: mail.recipient,
    state: mail.state,
    created_at: mail.createdAt.toISOString(),
    sent_at: mail.sentAt?.toISOString() ?? null,
  }
}
