import { sql } from 'drizzle-orm'
import type { Connection } from '#db/connection.ts'
import { sessionEpochs, sessions, users } from '#db/schema.ts'
import { statement } from '#db/statement.ts'
import { type UserRow, userColumns } from './users.ts'

export type SessionKind = 'bearer' | 'cookie'

export interface SessionRow {
  id: string
  userId: number
  kind: SessionKind
  generation: number
  supersededAt: Date[]
  /** The epoch it was made in; it lives only while this is the user's. */
  epoch: number
  amr: string[]
  authenticatedAt: Date
  createdAt: Date
  lastUsedAt: Date
  idleUntil: Date
  expiresAt: Date
  remembered: boolean
  endedAt: Date | null
  endedReason: string | null
  device: string | null
  clientAddress: string | null
}

/** A session with its user, and the database's time of the statement. */
export interface SessionWithUser {
  session: SessionRow
  user: UserRow
  /** Why the user's epoch moved past the session's; null while it has not, or when nobody wrote why. */
  epochReason: string | null
  now: Date
}

const sessionColumns = sql`
  ${sessions.id} as "sessionId", ${sessions.userId} as "userId", ${sessions.kind} as "kind",
  ${sessions.generation} as "generation", ${sessions.supersededAt} as "supersededAt",
  ${sessions.sessionEpoch} as "epoch", ${sessions.amr} as "amr",
  ${sessions.authenticatedAt} as "authenticatedAt", ${sessions.createdAt} as "sessionCreatedAt",
  ${sessions.lastUsedAt} as "lastUsedAt", ${sessions.idleUntil} as "idleUntil", ${sessions.expiresAt} as "expiresAt",
  ${sessions.remembered} as "remembered",
  ${sessions.endedAt} as "endedAt", ${sessions.endedReason} as "endedReason", ${sessions.device} as "device",
  ${sessions.clientAddress} as "clientAddress"`

const epochReason = sql`
  (select ${sessionEpochs.reason} from ${sessionEpochs}
    where ${sessionEpochs.userId} = ${sessions.userId} and ${sessionEpochs.epoch} = ${sessions.sessionEpoch} + 1)
  as "epochReason"`

type FlatRow = Omit<SessionRow, 'id' | 'createdAt'> &
  UserRow & { sessionId: string; sessionCreatedAt: Date; epochReason: string | null; now: Date }

function unflatten(row: FlatRow): SessionWithUser {
  const { sessionId, sessionCreatedAt, epochReason, now, ...rest } = row
  const { id, email, username, emailVerifiedAt, disabledAt, sessionEpoch, createdAt, roles, ...session } =
    rest
  return {
    session: { ...session, id: sessionId, createdAt: sessionCreatedAt },
    user: { id, email, username, emailVerifiedAt, disabledAt, sessionEpoch, createdAt, roles },
    epochReason,
    now,
  }
}

const find = statement<{ sessionId: string }, FlatRow>(
  'find_session',
  ({ sessionId }) => sql`
    select ${sessionColumns}, ${userColumns}, ${epochReason}, app_now() as "now"
    from ${sessions} join ${users} on ${users.id} = ${sessions.userId}
    where ${sessions.id} = ${sessionId}`,
)

/** Reads a session with its user; null when there is no such row (never made, purged, or its user removed). */
export async function findSession(db: Connection, sessionId: string): Promise<SessionWithUser | null> {
  const [row] = await db.run(find({ sessionId }))
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
}

const insert = statement<NewSession, { createdAt: Date; idleUntil: Date; expiresAt: Date }>(
  'insert_session',
  // FOR SHARE waits for an epoch change in flight and then reads the new epoch: without it, a sign-in with the old
  // password would survive the password change that overtakes it.
  (p) => sql`
    with subject as (
      select id, session_epoch from ${users}
      where ${users.id} = ${p.userId} and ${users.sessionEpoch} = ${p.verifiedEpoch}
        and ${users.disabledAt} is null and ${users.deletedAt} is null
      for share
    ), replaced as (
      update ${sessions} set ended_at = app_now(), ended_reason = 'signed_out'
      where ${sessions.id} = ${p.replacesSessionId}::uuid and ${sessions.endedAt} is null
        and exists (select from subject)
    )
    insert into ${sessions} (id, user_id, kind, session_epoch, amr, remembered, idle_seconds, idle_until,
      expires_at, device, user_agent, client_address)
    select ${p.id}::uuid, subject.id, ${p.kind}, subject.session_epoch, ${p.amr}::text[], ${p.remembered}::boolean,
      ${p.idleSeconds}::integer,
      app_now() + make_interval(secs => least(${p.idleSeconds}::integer, ${p.absoluteSeconds}::integer)),
      app_now() + make_interval(secs => ${p.absoluteSeconds}::integer),
      ${p.device}, ${p.userAgent}, ${p.clientAddress}::inet
    from subject
    returning ${sessions.createdAt} as "createdAt", ${sessions.idleUntil} as "idleUntil",
      ${sessions.expiresAt} as "expiresAt"`,
)

/** Inserts a session. Null when the user may not have one now: disabled, deleted, or in another epoch meanwhile. */
export async function insertSession(db: Connection, session: NewSession) {
  const [row] = await db.run(insert(session))
  return row ?? null
}

/** Seconds by which idle_until may be overrun before a session counts as idle: another process may hold the touch. */
export const idleToleranceSeconds = 60

const aliveNow = sql`(
  ${sessions.endedAt} is null and ${sessions.expiresAt} > app_now()
  and ${sessions.idleUntil} + make_interval(secs => ${sql.raw(String(idleToleranceSeconds))}) > app_now()
  and ${sessions.sessionEpoch} = ${users.sessionEpoch}
  and ${users.disabledAt} is null and ${users.deletedAt} is null)`

const used = sql`greatest(last_used_at, app_now())`
const idleEndIfUsed = sql`least(expires_at, greatest(idle_until, app_now() + make_interval(secs => idle_seconds)))`

/** 'ahead': the token was newer than the row, so the database lost time (restore, failover). */
export type RefreshStep = 'rotated' | 'ahead' | 'unchanged'

const rotate = statement<
  { sessionId: string; presented: number; historySize: number },
  FlatRow & { step: RefreshStep }
>(
  'rotate_refresh_generation',
  // Matches by id only and decides in SET. A condition on the generation in WHERE would misjudge the loser of a
  // race: it waits for the winner's row, but would be judged by what its own snapshot saw before.
  (p) => {
    const rotates = sql`${aliveNow} and ${sessions.kind} = 'bearer' and ${p.presented}::integer >= generation`
    return sql`
      update ${sessions} set
        generation = case when ${rotates} then ${p.presented}::integer + 1 else generation end,
        superseded_at = case
          when not (${rotates}) then superseded_at
          when ${p.presented}::integer = generation
            then (array_prepend(app_now(), superseded_at))[1:${p.historySize}::integer]
          else array_fill(app_now(), array[${p.historySize}::integer]) end,
        last_used_at = case when ${rotates} then ${used} else last_used_at end,
        idle_until = case when ${rotates} then ${idleEndIfUsed} else idle_until end
      from ${users}
      where ${sessions.id} = ${p.sessionId} and ${users.id} = ${sessions.userId}
      returning ${sessionColumns}, ${userColumns}, ${epochReason}, app_now() as "now",
        case when superseded_at[2] = app_now() then 'ahead' when superseded_at[1] = app_now() then 'rotated'
          else 'unchanged' end as "step"`
  },
)

/** How many superseded generations a session remembers: those that may be in their grace. */
export const supersededHistorySize = 4

/**
 * Presents a generation of a refresh family to its row, in one statement. The row rotates when the generation is the
 * live one (or newer: then the database lost time). What the presenter earns is judged from the returned row.
 *
 * @returns the row after the statement; null when there is no such session
 */
export async function presentRefreshGeneration(
  db: Connection,
  position: { sessionId: string; generation: number },
): Promise<(SessionWithUser & { step: RefreshStep }) | null> {
  const [row] = await db.run(
    rotate({
      sessionId: position.sessionId,
      presented: position.generation,
      historySize: supersededHistorySize,
    }),
  )
  if (!row) return null
  const { step, ...flat } = row
  return { ...unflatten(flat), step }
}

const touch = statement<{ sessionId: string }, FlatRow>(
  'touch_session',
  ({ sessionId }) => sql`
    update ${sessions} set
      last_used_at = case when ${aliveNow} then ${used} else last_used_at end,
      idle_until = case when ${aliveNow} then ${idleEndIfUsed} else idle_until end
    from ${users}
    where ${sessions.id} = ${sessionId} and ${users.id} = ${sessions.userId}
    returning ${sessionColumns}, ${userColumns}, ${epochReason}, app_now() as "now"`,
)

/** Extends the idle end of a session if it is alive; returns the row in any case, null when there is none. */
export async function touchSession(db: Connection, sessionId: string): Promise<SessionWithUser | null> {
  const [row] = await db.run(touch({ sessionId }))
  return row ? unflatten(row) : null
}

const touchAll = statement<{ sessionIds: readonly string[] }>(
  'touch_sessions',
  // Rows are locked in id order, so two processes that flush the same sessions cannot wait for each other crosswise.
  ({ sessionIds }) => sql`
    with used as (
      select ${sessions.id} from ${sessions} join ${users} on ${users.id} = ${sessions.userId}
      where ${sessions.id} = any(${sessionIds}::uuid[]) and ${aliveNow}
      order by ${sessions.id} for update of ${sessions}
    )
    update ${sessions} set
      last_used_at = ${used},
      idle_until = case when ${sessions.kind} = 'cookie' then ${idleEndIfUsed} else idle_until end
    from used where ${sessions.id} = used.id`,
)

/** Notes the use of many sessions at once. Extends the idle end of cookie sessions; bearer sessions do so by refresh. */
export async function touchSessions(db: Connection, sessionIds: readonly string[]): Promise<void> {
  await db.run(touchAll({ sessionIds }))
}

const end = statement<{ sessionIds: readonly string[]; reason: string }, { id: string }>(
  'end_sessions',
  (p) => sql`
    update ${sessions} set ended_at = app_now(), ended_reason = ${p.reason}
    where ${sessions.id} = any(${p.sessionIds}::uuid[]) and ${sessions.endedAt} is null
    returning ${sessions.id} as id`,
)

/** Ends sessions that have not ended yet. */
export async function endSessions(
  db: Connection,
  sessionIds: readonly string[],
  reason: string,
): Promise<string[]> {
  const rows = await db.run(end({ sessionIds, reason }))
  return rows.map((row) => row.id)
}

const endOwn = statement<{ sessionId: string; userId: number; reason: string }, { id: string }>(
  'end_own_session',
  (p) => sql`
    update ${sessions} set ended_at = app_now(), ended_reason = ${p.reason}
    from ${users}
    where ${sessions.id} = ${p.sessionId} and ${sessions.userId} = ${p.userId}
      and ${users.id} = ${sessions.userId} and ${aliveNow}
    returning ${sessions.id} as id`,
)

/** Ends one live session of this user; false when it is not theirs or not alive. */
export async function endOwnSession(
  db: Connection,
  session: { sessionId: string; userId: number; reason: string },
): Promise<boolean> {
  const rows = await db.run(endOwn(session))
  return rows.length === 1
}

export type ListedSession = Omit<SessionRow, 'generation' | 'supersededAt' | 'endedAt' | 'endedReason'>

const list = statement<{ userId: number }, Omit<FlatRow, keyof UserRow | 'epochReason' | 'now'>>(
  'list_live_sessions',
  ({ userId }) => sql`
    select ${sessionColumns} from ${sessions} join ${users} on ${users.id} = ${sessions.userId}
    where ${sessions.userId} = ${userId} and ${aliveNow}
    order by ${sessions.lastUsedAt} desc, ${sessions.id}`,
)

/** The live sessions of a user, the last used first. */
export async function listLiveSessions(db: Connection, userId: number): Promise<ListedSession[]> {
  const rows = await db.run(list({ userId }))
  return rows.map(({ sessionId, sessionCreatedAt, ...row }) => ({
    ...row,
    id: sessionId,
    createdAt: sessionCreatedAt,
  }))
}

const advance = statement<
  { userId: number; fromEpoch: number; reason: string; keptSessionId: string | null },
  { epoch: number; ended: number }
>(
  'advance_session_epoch',
  (p) => sql`
    with advanced as (
      update ${users} set session_epoch = session_epoch + 1
      where ${users.id} = ${p.userId} and ${users.sessionEpoch} = ${p.fromEpoch}
      returning id, session_epoch
    ), noted as (
      insert into ${sessionEpochs} (user_id, epoch, reason) select id, session_epoch, ${p.reason} from advanced
    ), kept as (
      update ${sessions} set session_epoch = advanced.session_epoch from advanced
      where ${sessions.id} = ${p.keptSessionId}::uuid and ${sessions.userId} = advanced.id
    )
    select advanced.session_epoch as epoch, (
      select count(*)::integer from ${sessions} join ${users} on ${users.id} = ${sessions.userId}
      where ${sessions.userId} = ${p.userId} and ${sessions.id} is distinct from ${p.keptSessionId}::uuid
        and ${aliveNow}
    ) as ended
    from advanced`,
)

/**
 * Ends every session of a user except one, whatever their number, by moving the epoch: one row, no race with a
 * sign-in in flight.
 *
 * @returns null when the user is no longer in `fromEpoch`: somebody else ended everything first
 */
export async function advanceSessionEpoch(
  db: Connection,
  change: { userId: number; fromEpoch: number; reason: string; keptSessionId: string | null },
): Promise<{ epoch: number; ended: number } | null> {
  const [row] = await db.run(advance(change))
  return row ?? null
}
