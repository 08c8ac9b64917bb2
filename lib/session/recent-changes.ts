import type { Change } from '#db/change-listener.ts'

/** A point in the stream of changes, noted before a statement is sent. */
export interface FeedPosition {
  epoch: number
  change: number
}

/** Remembers the last changes, so that an answer can be told from one that was overtaken on its way. */
export interface RecentChanges {
  position(): FeedPosition
  note(change: Change): void
  /** Changes may have been missed: whatever was sent before is overtaken. */
  reset(): void
  /** True when nothing since `since` concerns this session or its user. */
  isUntouched(since: FeedPosition, session: { sessionId: string; userId: number | null }): boolean
}

const rememberedMax = 4096

export function createRecentChanges(): RecentChanges {
  const ring: Change[] = []
  let epoch = 0
  let count = 0

  return {
    position: () => ({ epoch, change: count }),
    note(change) {
      ring[count % rememberedMax] = change
      count += 1
    },
    reset() {
      epoch += 1
    },
    isUntouched(since, session) {
      if (since.epoch !== epoch || count - since.change > rememberedMax) return false
      for (let index = since.change; index < count; index += 1) {
        if (concerns(ring[index % rememberedMax], session)) return false
      }
      return true
    },
  }
}

function concerns(
  change: Change | undefined,
  { sessionId, userId }: { sessionId: string; userId: number | null },
): boolean {
  if (change?.kind === 'session') return change.sessionId === sessionId
  // Without a row it is not known whose it would be.
  if (change?.kind === 'user') return userId === null || change.userId === userId
  return change?.kind !== 'table' || change.table === 'roles'
}
