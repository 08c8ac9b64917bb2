import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { sessions, users } from '../schema.ts'
import { type Query, statement } from '../statement.ts'
import { type RoleLimit, strictestLimits, writeRoleLimits } from './role-limits.ts'
import {
  aliveNow,
  epochReason,
  type FlatSessionRow,
  type SessionWithUser,
  sessionColumns,
  sessionUserColumns,
  unflatten,
} from './session-rows.ts'

const used = sql`greatest(last_used_at, app_now())`
const idleEndIfUsed = sql`least(expires_at, greatest(idle_until, app_now() + make_interval(secs => ${sessions.idleSeconds})))`

/**
 * A statement that waits for the row of a session, because everything but this session is being ended, goes on with the
 * session as it is now and the user as it was before: they disagree on the epoch, and it does nothing. The next one sees
 * both as they are.
 */
async function runWithCurrentUser<Row extends FlatSessionRow>(
  db: Connection,
  query: Query<Row>,
): Promise<Row | null> {
  const [row] = await db.run(query)
  if (!row || row.epoch <= row.sessionEpoch) return row ?? null
  const [again] = await db.run(query)
  return again ?? null
}

/** 'ahead': the token was newer than the row, so the database lost time (restore, failover). */
export type RefreshStep = 'rotated' | 'ahead' | 'unchanged'

const rotate = statement<
  { sessionId: string; presented: number; historySize: number; roleLimits: string },
  FlatSessionRow & { step: RefreshStep }
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
      from ${users}, ${strictestLimits(p.roleLimits)}
      where ${sessions.id} = ${p.sessionId} and ${users.id} = ${sessions.userId}
      returning ${sessionColumns}, ${sessionUserColumns}, ${epochReason}, app_now() as "now",
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
  position: { sessionId: string; generation: number; roleLimits: readonly RoleLimit[] },
): Promise<(SessionWithUser & { step: RefreshStep }) | null> {
  const query = rotate({
    sessionId: position.sessionId,
    presented: position.generation,
    historySize: supersededHistorySize,
    roleLimits: writeRoleLimits(position.roleLimits),
  })
  const row = await runWithCurrentUser(db, query)
  if (!row) return null
  const { step, ...flat } = row
  return { ...unflatten(flat), step }
}

const touch = statement<{ sessionId: string; roleLimits: string }, FlatSessionRow>(
  'touch_session',
  (p) => sql`
    update ${sessions} set
      last_used_at = case when ${aliveNow} then ${used} else last_used_at end,
      idle_until = case when ${aliveNow} then ${idleEndIfUsed} else idle_until end
    from ${users}, ${strictestLimits(p.roleLimits)}
    where ${sessions.id} = ${p.sessionId} and ${users.id} = ${sessions.userId}
    returning ${sessionColumns}, ${sessionUserColumns}, ${epochReason}, app_now() as "now"`,
)

/** Extends the idle end of a session if it is alive; returns the row in any case, null when there is none. */
export async function touchSession(
  db: Connection,
  sessionId: string,
  roleLimits: readonly RoleLimit[],
): Promise<SessionWithUser | null> {
  const row = await runWithCurrentUser(db, touch({ sessionId, roleLimits: writeRoleLimits(roleLimits) }))
  return row ? unflatten(row) : null
}

const touchAll = statement<{ sessionIds: readonly string[]; roleLimits: string }>(
  'touch_sessions',
  // Rows are locked in id order, so two processes that flush the same sessions cannot wait for each other crosswise.
  (p) => sql`
    with used as (
      select ${sessions.id} from ${sessions} join ${users} on ${users.id} = ${sessions.userId},
        ${strictestLimits(p.roleLimits)}
      where ${sessions.id} = any(${p.sessionIds}::uuid[]) and ${aliveNow}
      order by ${sessions.id} for update of ${sessions}
    )
    update ${sessions} set
      last_used_at = ${used},
      idle_until = case when ${sessions.kind} = 'cookie' then ${idleEndIfUsed} else idle_until end
    from used where ${sessions.id} = used.id`,
)

/** Notes the use of many sessions at once. Extends the idle end of cookie sessions; bearer sessions do so by refresh. */
export async function touchSessions(
  db: Connection,
  sessionIds: readonly string[],
  roleLimits: readonly RoleLimit[],
): Promise<void> {
  await db.run(touchAll({ sessionIds, roleLimits: writeRoleLimits(roleLimits) }))
}
