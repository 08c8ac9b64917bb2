import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type RoleLimit, strictestLimits, writeRoleLimits } from './role-limits.ts'
import {
  epochReason,
  type FlatSessionRow,
  type SessionWithUser,
  sessionColumns,
  sessionUserColumns,
  unflatten,
} from './session-rows.ts'

const read = statement<
  { sessionIds: readonly string[]; roleLimits: string },
  FlatSessionRow & { wantedId: string; isFound: boolean }
>(
  'read_session_snapshots',
  (p) => sql`
    select wanted.id as "wantedId", ${users.id} is not null as "isFound",
      ${sessionColumns}, ${sessionUserColumns}, ${epochReason}, app_now() as "now"
    from unnest(${p.sessionIds}::uuid[]) as wanted (id)
    left join ${sessions} on ${sessions.id} = wanted.id
    left join ${users} on ${users.id} = ${sessions.userId},
    ${strictestLimits(p.roleLimits)}
    where (select require_primary())`,
)

/**
 * Reads many sessions with their users in one statement of its own, on the primary.
 *
 * @returns by session id; an id without a row is not in it
 * @throws SQLSTATE 25006 when the connection leads to a standby
 */
export async function readSessionSnapshots(
  db: Connection,
  sessionIds: readonly string[],
  roleLimits: readonly RoleLimit[],
): Promise<Map<string, SessionWithUser>> {
  const rows = await db.run(read({ sessionIds, roleLimits: writeRoleLimits(roleLimits) }))
  return new Map(
    rows
      .filter(({ isFound }) => isFound)
      .map(({ wantedId, isFound: _, ...row }) => [wantedId, unflatten(row)]),
  )
}
