import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { auditEventAddresses, auditEvents } from '../schema.ts'
import { statement } from '../statement.ts'

/** An event as it is written; null for what is not known, or what the statement that writes it fills in. */
export interface NewAuditEvent {
  name: string
  actor: 'user' | 'operator' | 'system'
  userId: number | null
  sessionId: string | null
  clientAddress: string | null
  device: string | null
  requestId: string | null
  /** Never a secret. */
  details: Record<string, string | number | boolean | null>
}

/** As a parameter of a statement; null writes none. */
export function writeAuditEvent(event: NewAuditEvent | null): string | null {
  if (!event) return null
  return JSON.stringify({
    name: event.name,
    actor: event.actor,
    user_id: event.userId,
    session_id: event.sessionId,
    client_address: event.clientAddress,
    device: event.device,
    request_id: event.requestId,
    details: event.details,
  })
}

/** What the statement knows better than its caller: expressions over the rows of `from`. */
interface FilledIn {
  userId?: SQL
  sessionId?: SQL
  details?: SQL
}

/**
 * An INSERT for a `with` of a statement that changes something: one event for each row of `from`, so none when nothing
 * was changed, and in any case with the change or not at all.
 */
export function recordEvent(event: Placeholder | SQL, from: SQL, filledIn: FilledIn = {}): SQL {
  const { userId, sessionId, details } = filledIn
  return sql`
    insert into ${auditEvents} (name, actor, user_id, session_id, client_address, device, request_id, details)
    select event.name, event.actor, ${userId ? sql`coalesce(event.user_id, ${userId})` : sql`event.user_id`},
      ${sessionId ? sql`coalesce(event.session_id, ${sessionId})` : sql`event.session_id`},
      event.client_address, event.device, event.request_id,
      ${details ? sql`event.details || ${details}` : sql`event.details`}
    from jsonb_to_record(${event}::jsonb) as event (name text, actor text, user_id bigint, session_id uuid,
      client_address inet, device text, request_id text, details jsonb), ${from}
    where event.name is not null`
}

const insert = statement<{ event: string | null }>('insert_audit_event', ({ event }) =>
  recordEvent(event, sql`(select 1) once`),
)

/** Writes an event by itself: inside the transaction of the change, or where nothing else is changed. */
export async function insertAuditEvent(db: Connection, event: NewAuditEvent): Promise<void> {
  await db.run(insert({ event: writeAuditEvent(event) }))
}

const insertAbout = statement<{ event: string | null; email: string }>(
  'insert_audit_event_about_address',
  (p) => sql`
    with recorded as (${recordEvent(p.event, sql`(select 1) once`, {
      details: sql`jsonb_build_object('email', ${p.email}::text)`,
    })}
      returning id
    )
    insert into ${auditEventAddresses} (event_id, email) select id, ${p.email} from recorded`,
)

/** Writes an event that names the address of somebody who has no account yet; it goes with the account. */
export async function insertAuditEventAbout(
  db: Connection,
  { email, event }: { email: string; event: NewAuditEvent },
): Promise<void> {
  await db.run(insertAbout({ event: writeAuditEvent(event), email }))
}

export interface AuditEventRow extends NewAuditEvent {
  id: number
  occurredAt: Date
}

/** Some events of an account. */
interface WantedEvents {
  userId: number
  limit: number
  /** Only older ones than this: the next page. Null: from the newest on. */
  beforeId: number | null
}

const eventColumns = sql`
  ${auditEvents.id} as "id", ${auditEvents.occurredAt} as "occurredAt", ${auditEvents.name} as "name",
  ${auditEvents.actor} as "actor", ${auditEvents.userId} as "userId", ${auditEvents.sessionId} as "sessionId",
  host(${auditEvents.clientAddress}) as "clientAddress", ${auditEvents.device} as "device",
  ${auditEvents.requestId} as "requestId", ${auditEvents.details} as "details"`

const list = statement<WantedEvents, AuditEventRow>(
  'list_audit_events_of_user',
  (p) => sql`
    select ${eventColumns} from ${auditEvents}
    where ${auditEvents.userId} = ${p.userId} and (${p.beforeId}::bigint is null or ${auditEvents.id} < ${p.beforeId})
    order by ${auditEvents.id} desc limit ${p.limit}`,
)

/** The events of an account, the newest first. */
export function listAuditEvents(
  db: Connection,
  of: Omit<WantedEvents, 'beforeId'> & { beforeId?: number | null },
): Promise<AuditEventRow[]> {
  return db.run(list({ beforeId: null, ...of }))
}

const findFirst = statement<{ userId: number; name: string }, AuditEventRow>(
  'find_first_audit_event_of_user',
  (p) => sql`
    select ${eventColumns} from ${auditEvents}
    where ${auditEvents.userId} = ${p.userId} and ${auditEvents.name} = ${p.name}
    order by ${auditEvents.id} limit 1`,
)

/** The oldest event of an account by that name; null when there is none, or none any more. */
export async function findFirstAuditEvent(
  db: Connection,
  of: { userId: number; name: string },
): Promise<AuditEventRow | null> {
  const [row] = await db.run(findFirst(of))
  return row ?? null
}

/** Rows of one statement: it stays well below the time limit. */
const purgeSize = 1000

const purge = statement<{ historySeconds: number }, { id: number }>(
  'purge_audit_events',
  // Ids follow time, so the oldest rows are found without an index of times.
  (p) => sql`
    with purged as (
      delete from ${auditEvents}
      where ${auditEvents.id} in (select id from ${auditEvents} order by id limit ${sql.raw(String(purgeSize))})
        and ${auditEvents.occurredAt} < app_now() - make_interval(secs => ${p.historySeconds}::integer)
      returning ${auditEvents.id} as id
    ), forgotten as (
      delete from ${auditEventAddresses} where ${auditEventAddresses.eventId} in (select id from purged)
    )
    select id as "id" from purged`,
)

/** Removes events of long ago, some at a time; true when there may be more. */
export async function purgeAuditEvents(db: Connection, historySeconds: number): Promise<boolean> {
  return (await db.run(purge({ historySeconds }))).length === purgeSize
}
