import type { Change } from '#db/change-listener.ts'

/** Remembers the last changes, so that an answer can be told from one that was overtaken on its way. */
export interface RecentChanges {
  /** How many there have been: a place in the stream, noted before a statement is sent. */
  position(): number
  note(change: Change): void
  /** True when nothing since `since` concerns this session or its user. */
  isUntouched(since: number, session: { sessionId: string; userId: number | null }): boolean
}

const rememberedMax = 4096

/** The last 4,096: what lies further back counts as overtaken. */
export function createRecentChanges(): RecentChanges {
  const ring: Change[] = []
  let count = 0

  return {
    position: () => count,
    note(change) {
      ring[count % rememberedMax] = change
      count += 1
    },
    isUntouched(since, session) {
      if (count - since > rememberedMax) return false
      for (let index = since; index < count; index += 1) {
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
