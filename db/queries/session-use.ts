import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import {
  aliveNow,
  epochReason,
  type FlatSessionRow,
  type SessionWithUser,
  sessionColumns,
  unflatten,
} from './session-rows.ts'
import { userColumns } from './users.ts'

const used = sql`greatest(last_used_at, app_now())`
const idleEndIfUsed = sql`least(expires_at, greatest(idle_until, app_now() + make_interval(secs => idle_seconds)))`

/** 'ahead': the token was newer than the row, so the database lost time (restore, failover). */
export type RefreshStep = 'rotated' | 'ahead' | 'unchanged'

const rotate = statement<
  { sessionId: string; presented: number; historySize: number },
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

const touch = statement<{ sessionId: string }, FlatSessionRow>(
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
