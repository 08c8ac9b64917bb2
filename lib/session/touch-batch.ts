import type { Connection } from '#db/connection.ts'
import type { RoleLimit } from '#db/queries/role-limits.ts'
import { touchSessions } from '#db/queries/session-use.ts'

/** Uses of sessions that are not written yet. */
export interface TouchBatch {
  /** Notes that a session answered a request. Costs no query now. */
  note(sessionId: string): void
  /** Writes what was noted. Kept for the next time when the database does not answer. */
  flush(): Promise<void>
}

/** Sessions written in one statement. */
const batchSize = 500

/** Collects uses of sessions, so that a signed-in request writes nothing itself. The owner calls flush() in intervals. */
export function createTouchBatch(db: Connection, roleLimits: readonly RoleLimit[]): TouchBatch {
  const noted = new Set<string>()
  return {
    note: (sessionId) => noted.add(sessionId),
    async flush() {
      while (noted.size > 0) {
        const batch = [...noted].slice(0, batchSize)
        await touchSessions(db, batch, roleLimits)
        for (const sessionId of batch) noted.delete(sessionId)
      }
    },
  }
}
