import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { sessionEpochs, sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { intoOutbox, type OutboxRows } from './mail-outbox.ts'
import { type RoleLimit, strictestLimits, writeRoleLimits } from './role-limits.ts'
import { aliveNow } from './session-rows.ts'

const end = statement<
  { sessionIds: readonly string[]; reason: string; event: string | null },
  { id: string }
>(
  'end_sessions',
  (p) => sql`
    with ended as (
      update ${sessions} set ended_at = app_now(), ended_reason = ${p.reason} from ${users}
      where ${sessions.id} = any(${p.sessionIds}::uuid[]) and ${sessions.endedAt} is null
        and ${users.id} = ${sessions.userId} and ${users.sessionEpoch} = ${sessions.sessionEpoch}
      returning ${sessions.id} as id, ${sessions.userId} as user_id
    ), recorded as (${recordEvent(p.event, sql`ended`, { userId: sql`ended.user_id`, sessionId: sql`ended.id` })}
    )
    select id from ended`,
)

/** Ends sessions that have not ended yet, not by their user's epoch either; `event` is written for each of them. */
export async function endSessions(
  db: Connection,
  { event, ...ending }: { sessionIds: readonly string[]; reason: string; event: NewAuditEvent | null },
): Promise<string[]> {
  const rows = await db.run(end({ ...ending, event: writeAuditEvent(event) }))
  return rows.map((row) => row.id)
}

const endOne = statement<
  { sessionId: string; reason: string; mail: OutboxRows; event: string | null },
  { id: string }
>(
  'end_session_with_mail',
  (p) => sql`
    with ended as (
      update ${sessions} set ended_at = app_now(), ended_reason = ${p.reason}
      where ${sessions.id} = ${p.sessionId} and ${sessions.endedAt} is null
      returning id, user_id
    ), recorded as (${recordEvent(p.event, sql`ended`, { userId: sql`ended.user_id`, sessionId: sql`ended.id` })}
    ), ${intoOutbox(p.mail, sql`select user_id, null::uuid from ended`)}
    select id from ended`,
)

/** Ends one session and writes the messages and the event about it; none of it when it has ended before. */
export async function endSessionWithMail(
  db: Connection,
  { event, ...ending }: { sessionId: string; reason: string; mail: OutboxRows; event: NewAuditEvent },
): Promise<boolean> {
  return (await db.run(endOne({ ...ending, event: writeAuditEvent(event) }))).length === 1
}

const endOwn = statement<
  { sessionId: string; userId: number; reason: string; roleLimits: string; event: string | null },
  { id: string }
>(
  'end_own_session',
  (p) => sql`
    with ended as (
      update ${sessions} set ended_at = app_now(), ended_reason = ${p.reason}
      from ${users}, ${strictestLimits(p.roleLimits)}
      where ${sessions.id} = ${p.sessionId} and ${sessions.userId} = ${p.userId}
        and ${users.id} = ${sessions.userId} and ${aliveNow}
      returning ${sessions.id} as id
    ), recorded as (${recordEvent(p.event, sql`ended`)}
    )
    select id from ended`,
)

/** Ends one live session of this user; false when it is not theirs or not alive. */
export async function endOwnSession(
  db: Connection,
  session: {
    sessionId: string
    userId: number
    reason: string
    roleLimits: readonly RoleLimit[]
    event: NewAuditEvent | null
  },
): Promise<boolean> {
  const event = writeAuditEvent(session.event)
  const rows = await db.run(endOwn({ ...session, event, roleLimits: writeRoleLimits(session.roleLimits) }))
  return rows.length === 1
}

const advance = statement<
  Omit<EpochChange, 'roleLimits' | 'event'> & { roleLimits: string; event: string | null },
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
    ), recorded as (${recordEvent(p.event, sql`advanced`, { userId: sql`advanced.id` })}
    )
    select advanced.session_epoch as epoch, (
      select count(*)::integer from ${sessions} join ${users} on ${users.id} = ${sessions.userId},
        ${strictestLimits(p.roleLimits)}
      where ${sessions.userId} = ${p.userId} and ${sessions.id} is distinct from ${p.keptSessionId}::uuid
        and ${aliveNow}
    ) as ended
    from advanced`,
)

export interface EpochChange {
  userId: number
  fromEpoch: number
  reason: string
  keptSessionId: string | null
  /** By which the ended sessions are counted. */
  roleLimits: readonly RoleLimit[]
  /** Written with it; null for none. */
  event: NewAuditEvent | null
}

/**
 * Ends every session of a user except one, whatever their number, by moving the epoch: one row, no race with a
 * sign-in in flight.
 *
 * @returns null when the user is no longer in `fromEpoch`: somebody else ended everything first
 */
export async function advanceSessionEpoch(
  db: Connection,
  change: EpochChange,
): Promise<{ epoch: number; ended: number } | null> {
  const event = writeAuditEvent(change.event)
  const [row] = await db.run(advance({ ...change, event, roleLimits: writeRoleLimits(change.roleLimits) }))
  return row ?? null
}

const holdEpoch = statement<{ userId: number; epoch: number }, { id: number }>(
  'hold_session_epoch',
  (p) => sql`
    select ${users.id} as "id" from ${users}
    where ${users.id} = ${p.userId} and ${users.sessionEpoch} = ${p.epoch}
      and ${users.deletedAt} is null and ${users.disabledAt} is null
    for no key update`,
)

/** Keeps a user in an epoch until the transaction ends. False when it is over, or nobody may sign in to the account. */
export async function holdSessionEpoch(
  transaction: Connection,
  of: { userId: number; epoch: number },
): Promise<boolean> {
  return (await transaction.run(holdEpoch(of))).length === 1
}
