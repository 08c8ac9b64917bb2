import type { SessionWithUser } from '#db/queries/session-rows.ts'
import { Problem } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { RecentChanges } from './recent-changes.ts'
import type { SnapshotLoader } from './snapshot-loader.ts'

/** Where a reader reads, and by what it tells whether it was overtaken. */
export interface CurrentReaderParts {
  feed: Pick<ChangeFeed, 'isProven'>
  loader: SnapshotLoader
  recent: RecentChanges
  clock: Clock
  /** False only in a control run: then an answer that was overtaken on its way counts all the same. */
  checksLoads: boolean
}

/** What the database said. */
export interface CurrentRead {
  /** Null when there is no such session. */
  snapshot: SessionWithUser | null
  /** When its statement was sent, in monotonic milliseconds. */
  sentMs: number
  /** True when nothing that was committed since it was sent concerns it, which only a proven feed can tell. */
  mayKeep: boolean
}

const readsMax = 3

/**
 * Reads a session. A statement that is sent before a change can be answered after the change was heard; such an answer
 * is read again.
 *
 * @throws Problem `unavailable` when changes overtook each read, and what the database throws
 */
export function createCurrentReader({ feed, loader, recent, clock, checksLoads }: CurrentReaderParts) {
  return async (sessionId: string): Promise<CurrentRead> => {
    for (let reads = 0; reads < readsMax; reads += 1) {
      let sentAt = recent.position()
      let sentMs = clock.monotonicMs()
      const snapshot = await loader.load(sessionId, () => {
        sentAt = recent.position()
        sentMs = clock.monotonicMs()
      })
      if (!feed.isProven()) return { snapshot, sentMs, mayKeep: false }
      const session = { sessionId, userId: snapshot?.user.id ?? null }
      if (!checksLoads || recent.isUntouched(sentAt, session)) return { snapshot, sentMs, mayKeep: true }
    }
    throw new Problem('unavailable', { because: 'changes overtook each read', retryAfterSeconds: 1 })
  }
}
