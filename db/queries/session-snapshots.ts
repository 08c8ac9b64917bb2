import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import {
  epochReason,
  type FlatSessionRow,
  type SessionWithUser,
  sessionColumns,
  unflatten,
} from './session-rows.ts'
import { userColumns } from './users.ts'

const read = statement<
  { sessionIds: readonly string[] },
  FlatSessionRow & { wantedId: string; isFound: boolean }
>(
  'read_session_snapshots',
  ({ sessionIds }) => sql`
    select wanted.id as "wantedId", ${users.id} is not null as "isFound",
      ${sessionColumns}, ${userColumns}, ${epochReason}, app_now() as "now"
    from unnest(${sessionIds}::uuid[]) as wanted (id)
    left join ${sessions} on ${sessions.id} = wanted.id
    left join ${users} on ${users.id} = ${sessions.userId}
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
): Promise<Map<string, SessionWithUser>> {
  const rows = await db.run(read({ sessionIds }))
  return new Map(
    rows
      .filter(({ isFound }) => isFound)
      .map(({ wantedId, isFound: _, ...row }) => [wantedId, unflatten(row)]),
  )
}
