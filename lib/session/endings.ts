import { LRUCache } from 'lru-cache'
import type { Change } from '#db/change-listener.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { EndedReason } from './ended-reason.ts'

/** Sessions that were found to be over, for a while: a client that tries again and again costs no reads. */
export interface Endings {
  get(sessionId: string): EndedReason | undefined
  keep(sessionId: string, reason: EndedReason): void
  /** A change can revive: an account that is enabled again, a row that was mended by hand. */
  drop(change: Change): void
}

const keptMs = 10_000
const max = 10_000

/** Keeps up to 10,000, each for 10 s. */
export function createEndings(clock: Clock): Endings {
  const kept = new LRUCache<string, EndedReason>({ max, ttl: keptMs, perf: { now: clock.monotonicMs } })
  return {
    get: (sessionId) => kept.get(sessionId),
    keep: (sessionId, reason) => void kept.set(sessionId, reason),
    drop(change) {
      if (change.kind === 'session') kept.delete(change.sessionId)
      else kept.clear()
    },
  }
}
