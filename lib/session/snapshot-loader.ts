import type { Connection } from '#db/connection.ts'
import type { RoleLimit } from '#db/queries/role-limits.ts'
import type { SessionWithUser } from '#db/queries/session-rows.ts'
import { readSessionSnapshots } from '#db/queries/session-snapshots.ts'
import { Problem } from '#lib/problems.ts'

/** Reads sessions for many requests with few statements. */
export interface SnapshotLoader {
  /**
   * Reads one session. A request never joins a statement that was sent before it came: the answer could be older than
   * the request.
   *
   * @param onSend  called when the statement is about to be sent
   * @returns null when there is no such session
   * @throws Problem `unavailable` after {@link waitMsMax} without a turn, and what the database throws
   */
  load(sessionId: string, onSend?: () => void): Promise<SessionWithUser | null>
}

interface Waiting {
  sessionId: string
  onSend: (() => void) | undefined
  resolve(snapshot: SessionWithUser | null): void
  reject(error: unknown): void
  timer: NodeJS.Timeout
}

const statementsMax = 4
const batchMax = 500
const waitMsMax = 300

/** Up to 4 statements at once, each for up to 500 sessions. */
export function createSnapshotLoader(db: Connection, roleLimits: readonly RoleLimit[]): SnapshotLoader {
  const queue = new Set<Waiting>()
  let inFlight = 0

  function sendNext(): void {
    if (inFlight >= statementsMax || queue.size === 0) return
    const batch = [...queue].slice(0, batchMax)
    for (const waiting of batch) {
      queue.delete(waiting)
      clearTimeout(waiting.timer)
      waiting.onSend?.()
    }
    inFlight += 1
    void send(batch).finally(() => {
      inFlight -= 1
      sendNext()
    })
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    const sessionIds = [...new Set(batch.map(({ sessionId }) => sessionId))]
    try {
      const snapshots = await readSessionSnapshots(db, sessionIds, roleLimits)
      for (const { sessionId, resolve } of batch) resolve(snapshots.get(sessionId) ?? null)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return {
    load(sessionId, onSend) {
      return new Promise((resolve, reject) => {
        const waiting: Waiting = { sessionId, onSend, resolve, reject, timer: setTimeout(giveUp, waitMsMax) }
        function giveUp() {
          queue.delete(waiting)
          reject(new Problem('unavailable', { because: 'no turn to read a session', retryAfterSeconds: 1 }))
        }
        queue.add(waiting)
        sendNext()
      })
    },
  }
}
