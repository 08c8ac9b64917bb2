import { LRUCache } from 'lru-cache'
import type { Change } from '#db/change-listener.ts'
import type { SessionWithUser } from '#db/queries/session-rows.ts'

/** Snapshots of live sessions, the least recently used of which go first. */
export interface Snapshots {
  get(sessionId: string): KeptSnapshot | undefined
  keep(snapshot: SessionWithUser, readMs: number): void
  /** Drops whatever this change may concern. */
  drop(change: Change): void
  size(): number
}

/** A snapshot, and how old it is. */
export interface KeptSnapshot {
  snapshot: SessionWithUser
  /** When its statement was sent, in monotonic milliseconds. */
  readMs: number
}

/** @param max  about 2.5 KB each */
export function createSnapshots(max: number): Snapshots {
  const ofUser = new Map<number, Set<string>>()
  const kept = new LRUCache<string, KeptSnapshot>({
    max,
    dispose: ({ snapshot: { session } }, sessionId) => forgetOwner(session.userId, sessionId),
  })

  function forgetOwner(userId: number, sessionId: string): void {
    const own = ofUser.get(userId)
    own?.delete(sessionId)
    if (own?.size === 0) ofUser.delete(userId)
  }

  function dropUser(userId: number): void {
    for (const sessionId of [...(ofUser.get(userId) ?? [])]) kept.delete(sessionId)
  }

  return {
    get: (sessionId) => kept.get(sessionId),
    keep(snapshot, readMs) {
      const { id, userId } = snapshot.session
      kept.delete(id)
      kept.set(id, { snapshot, readMs })
      const own = ofUser.get(userId) ?? new Set()
      ofUser.set(userId, own.add(id))
    },
    drop(change) {
      if (change.kind === 'session') kept.delete(change.sessionId)
      else if (change.kind === 'user') dropUser(change.userId)
      else if (change.kind === 'all' || change.table === 'roles') kept.clear()
    },
    size: () => kept.size,
  }
}
