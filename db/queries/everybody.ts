import { sql } from 'drizzle-orm'
import type { Connection, Database } from '../connection.ts'
import { sessionEpochs, sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { type RoleLimit, strictestLimits, writeRoleLimits } from './role-limits.ts'
import { aliveNow } from './session-rows.ts'

export interface EndedBatch {
  /** Null when no users are left. */
  lastUserId: number | null
  /** Whether anything was ended, alive or not. */
  hasEnded: boolean
  /** Of live sessions. */
  accounts: number
  /** Alive. */
  sessions: number
}

const quiet = statement<object>(
  'announce_quietly',
  () => sql`select set_config('session_management.quiet', 'on', true)`,
)

const announceAll = statement<object>('announce_all', () => sql`select pg_notify('session_changes', 'all')`)

const endBatch = statement<
  { afterUserId: number; size: number; reason: string; roleLimits: string; event: string | null },
  EndedBatch
>(
  'end_sessions_of_everybody',
  (p) => sql`
    with batch as (
      select id from ${users} where ${users.id} > ${p.afterUserId} order by id limit ${p.size}
    ), advanced as (
      update ${users} set session_epoch = session_epoch + 1
      -- Whatever could come to life again, not only what lives: limits of a role, or a lock of the account, may be lifted.
      where id in (select id from batch) and exists (
        select from ${sessions} where ${sessions.userId} = ${users.id} and ${sessions.endedAt} is null
          and ${sessions.sessionEpoch} = ${users.sessionEpoch})
      returning id, session_epoch
    ), noted as (
      insert into ${sessionEpochs} (user_id, epoch, reason) select id, session_epoch, ${p.reason} from advanced
    ), recorded as (${recordEvent(p.event, sql`advanced`, { userId: sql`advanced.id` })}
    )
    select (select max(id) from batch) as "lastUserId", exists (select from advanced) as "hasEnded",
      count(distinct ${sessions.userId})::integer as "accounts", count(*)::integer as "sessions"
    from ${sessions} join ${users} on ${users.id} = ${sessions.userId}, ${strictestLimits(p.roleLimits)}
    where ${sessions.userId} in (select id from batch) and ${aliveNow}`,
)

/**
 * Ends the sessions of the next `size` users by moving their epochs. Announced once for all of them, in the same
 * transaction: a row message for each would hold up every other commit.
 */
export function endSessionsOfNextUsers(
  db: Database,
  batch: {
    afterUserId: number
    size: number
    reason: string
    roleLimits: readonly RoleLimit[]
    /** Written for each user whose sessions end. */
    event: NewAuditEvent
  },
): Promise<EndedBatch> {
  return db.transaction(async (transaction: Connection) => {
    await transaction.run(quiet({}))
    const [ended] = await transaction.run(
      endBatch({
        ...batch,
        roleLimits: writeRoleLimits(batch.roleLimits),
        event: writeAuditEvent(batch.event),
      }),
    )
    if (!ended) throw new Error('the end of a batch of sessions returned no row')
    if (ended.hasEnded) await transaction.run(announceAll({}))
    return ended
  })
}
