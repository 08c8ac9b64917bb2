import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { mailMessages, sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { intoOutbox, type OutboxRows } from './mail-outbox.ts'
import { type RoleLimit, strictestLimits, writeRoleLimits } from './role-limits.ts'
import {
  aliveNow,
  epochReason,
  type FlatSessionRow,
  type SessionKind,
  type SessionRow,
  type SessionWithUser,
  sessionColumns,
  sessionEnds,
  sessionUserColumns,
  unflatten,
} from './session-rows.ts'
import type { UserRow } from './users.ts'

const find = statement<{ sessionId: string; roleLimits: string }, FlatSessionRow>(
  'find_session',
  (p) => sql`
    select ${sessionColumns}, ${sessionUserColumns}, ${epochReason}, app_now() as "now"
    from ${sessions} join ${users} on ${users.id} = ${sessions.userId}, ${strictestLimits(p.roleLimits)}
    where ${sessions.id} = ${p.sessionId}`,
)

/** Reads a session with its user; null when there is no such row (never made, purged, or its user removed). */
export async function findSession(
  db: Connection,
  sessionId: string,
  roleLimits: readonly RoleLimit[],
): Promise<SessionWithUser | null> {
  const [row] = await db.run(find({ sessionId, roleLimits: writeRoleLimits(roleLimits) }))
  return row ? unflatten(row) : null
}

export interface NewSession {
  id: string
  userId: number
  /** The epoch read together with the credential that was verified. */
  verifiedEpoch: number
  kind: SessionKind
  amr: readonly string[]
  remembered: boolean
  idleSeconds: number
  absoluteSeconds: number
  device: string | null
  userAgent: string | null
  clientAddress: string | null
  /** A session that ends as this one begins, or null. */
  replacesSessionId: string | null
  /** Written with it; null for none. */
  event: NewAuditEvent | null
  /** True: the browser proved that it has signed in to this account before. */
  isKnownDevice: boolean
  /** Written if the device was not seen with the account before. */
  newDeviceMail: OutboxRows
}

export interface SessionRules {
  roleLimits: readonly RoleLimit[]
  /** Sessions that a user may have at the same time; 0: any number. */
  perUserMax: number
}

export interface InsertedSession {
  createdAt: Date
  idleUntil: Date
  expiresAt: Date
  writtenExpiresAt: Date
  /** True when the session to be replaced was not over. */
  hasReplaced: boolean
  /** Sessions that ended because there were too many. */
  excessIds: string[]
}

/** Whoever can sign in again and again gets no more messages out of it. */
const newDeviceMailsMax = 5

type InsertParameters = Omit<NewSession, 'event'> & {
  event: string | null
  roleLimits: string
  perUserMax: number
}

const insert = statement<InsertParameters, InsertedSession>(
  'insert_session',
  // FOR SHARE waits for an epoch change in flight and then reads the new epoch: without it, a sign-in with the old
  // password would survive the password change that overtakes it.
  (p) => insertStatement(p, sql`for share`, sql`select null::uuid where false`),
)

const insertWithin = statement<InsertParameters, InsertedSession>(
  'insert_session_within_limit',
  // The stronger lock lets one sign-in of a user follow the other, so each counts those before it.
  (p) =>
    insertStatement(
      p,
      sql`for no key update`,
      sql`select end_excess_sessions(subject.id, subject.session_epoch, ${p.id}::uuid, ${p.replacesSessionId}::uuid,
        ${p.perUserMax}::integer - 1, strictest.idle_seconds, strictest.absolute_seconds)
        from subject join ${users} on ${users.id} = subject.id, ${strictestLimits(p.roleLimits)}`,
    ),
)

/**
 * The user of the session that begins, if its device is new to the account. A browser that keeps cookies proves itself;
 * what does not is known by its name, and where a cookie could have been, by its address too. The first sign-in of a new
 * account is nobody else's.
 */
function ownerOfNewDevice(p: Record<keyof InsertParameters, Placeholder>): SQL {
  return sql`
    select ${users.id}, null::uuid from inserted join ${users} on ${users.id} = inserted.user_id
    where ${p.newDeviceMail}::jsonb <> '[]' and not ${p.isKnownDevice}::boolean
      and (${users.createdAt} < app_now() - interval '1 hour'
        or exists (select from ${sessions} earlier where earlier.user_id = ${users.id}))
      and not exists (
        select from ${sessions} earlier where earlier.user_id = ${users.id}
          and earlier.device is not distinct from ${p.device}
          and (${p.kind} = 'bearer' or earlier.client_address = ${p.clientAddress}::inet))
      and (select count(*) from ${mailMessages} recent
        where recent.user_id = ${users.id} and recent.template = 'new_device'
          and recent.created_at > app_now() - interval '1 hour') < ${sql.raw(String(newDeviceMailsMax))}`
}

function insertStatement(p: Record<keyof InsertParameters, Placeholder>, lock: SQL, endExcess: SQL): SQL {
  return sql`
    with subject as (
      select id, session_epoch from ${users}
      where ${users.id} = ${p.userId} and ${users.sessionEpoch} = ${p.verifiedEpoch}
        and ${users.disabledAt} is null and ${users.deletedAt} is null
      ${lock}
    ), replaced as (
      update ${sessions} set ended_at = app_now(), ended_reason = 'signed_out'
      where ${sessions.id} = ${p.replacesSessionId}::uuid and ${sessions.endedAt} is null
        and exists (select from subject)
      returning id
    ), excess (id) as (
      ${endExcess}
    ), inserted as (
      insert into ${sessions} (id, user_id, kind, session_epoch, amr, remembered, idle_seconds, idle_until,
        expires_at, device, user_agent, client_address)
      select ${p.id}::uuid, subject.id, ${p.kind}, subject.session_epoch, ${p.amr}::text[], ${p.remembered}::boolean,
        ${p.idleSeconds}::integer,
        app_now() + make_interval(secs => least(${p.idleSeconds}::integer, ${p.absoluteSeconds}::integer)),
        app_now() + make_interval(secs => ${p.absoluteSeconds}::integer),
        ${p.device}, ${p.userAgent}, ${p.clientAddress}::inet
      from subject
      returning user_id, created_at, last_used_at, idle_until, expires_at
    ), recorded as (${recordEvent(p.event, sql`inserted`, { userId: sql`inserted.user_id`, sessionId: sql`${p.id}::uuid` })}
    ), ${intoOutbox(p.newDeviceMail, ownerOfNewDevice(p))}
    select ${sessions.createdAt} as "createdAt", ${sessionEnds},
      exists (select from replaced) as "hasReplaced", array(select id from excess) as "excessIds"
    from inserted as ${sessions} join ${users} on ${users.id} = ${sessions.userId}, ${strictestLimits(p.roleLimits)}`
}

/** Inserts a session. Null when the user may not have one now: disabled, deleted, or in another epoch meanwhile. */
export async function insertSession(
  db: Connection,
  session: NewSession,
  { roleLimits, perUserMax }: SessionRules,
): Promise<InsertedSession | null> {
  const run = perUserMax > 0 ? insertWithin : insert
  const event = writeAuditEvent(session.event)
  const [row] = await db.run(run({ ...session, event, roleLimits: writeRoleLimits(roleLimits), perUserMax }))
  return row ?? null
}

export type ListedSession = Omit<SessionRow, 'generation' | 'supersededAt' | 'endedAt' | 'endedReason'>

/** Nobody reads more at once, and a user may have any number. */
export const listedSessionsMax = 100

/** A session's place in the list. */
export interface ListPosition {
  /** Microseconds since 1970: a Date would round what it is compared with. */
  usedMicroseconds: number
  id: string
}

export interface ListPage {
  limit: number
  /** The last session of the page before; null: the first page. */
  after: ListPosition | null
}

type ListParameters = {
  userId: number
  currentSessionId: string | null
  roleLimits: string
  limit: number
  afterMicroseconds: number | null
  afterId: string | null
}

const usedMicroseconds = sql`(extract(epoch from ${sessions.lastUsedAt}) * 1000000)::bigint`

const list = statement<
  ListParameters,
  Omit<FlatSessionRow, keyof UserRow | 'epochReason' | 'now'> & { usedMicroseconds: number }
>(
  'list_live_sessions',
  (p) => sql`
    select * from (
      select ${sessionColumns}, ${usedMicroseconds} as "usedMicroseconds"
      from ${sessions} join ${users} on ${users.id} = ${sessions.userId}, ${strictestLimits(p.roleLimits)}
      where ${sessions.userId} = ${p.userId} and ${aliveNow} and (
        ${p.afterId}::uuid is null or ${sessions.id} is distinct from ${p.currentSessionId}::uuid and (
          ${usedMicroseconds} < ${p.afterMicroseconds}::bigint
          or ${usedMicroseconds} = ${p.afterMicroseconds}::bigint and ${sessions.id} > ${p.afterId}::uuid))
      order by ${sessions.id} is not distinct from ${p.currentSessionId}::uuid desc, ${sessions.lastUsedAt} desc, ${sessions.id}
      limit ${p.limit}::integer
    ) listed order by "lastUsedAt" desc, "sessionId"`,
)

/**
 * The live sessions of a user, the last used first. The current one, if any, is among the first page and on no other.
 */
export async function listLiveSessions(
  db: Connection,
  of: { userId: number; currentSessionId: string | null; roleLimits: readonly RoleLimit[] },
  { limit, after }: ListPage = { limit: listedSessionsMax, after: null },
): Promise<(ListedSession & ListPosition)[]> {
  const { userId, currentSessionId } = of
  const rows = await db.run(
    list({
      userId,
      currentSessionId,
      limit,
      roleLimits: writeRoleLimits(of.roleLimits),
      afterMicroseconds: after?.usedMicroseconds ?? null,
      afterId: after?.id ?? null,
    }),
  )
  return rows.map(({ sessionId, sessionCreatedAt, ...row }) => ({
    ...row,
    id: sessionId,
    createdAt: sessionCreatedAt,
  }))
}
