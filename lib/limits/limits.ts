import { LRUCache } from 'lru-cache'
import type { Connection } from '#db/connection.ts'
import { Problem } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Log } from '#lib/runtime/log.ts'
import type { Metrics } from '#lib/runtime/metrics.ts'
import { type Attempts, createAttempts } from './attempts.ts'
import { createWindows, type Windows } from './windows.ts'

/** Limits by address block that an operation may be under. */
export type BlockLimit = 'address' | 'registration'

export interface Limits {
  attempts: Attempts
  windows: Windows
  /**
   * Refuses a block that this process has seen use up a limit, without asking anybody: what a flood costs must not
   * grow with the flood.
   *
   * @throws Problem `rate_limited`
   */
  requireOpen(limit: BlockLimit, block: string): void
}

const rememberedMax = 10_000

/** @param redis  a client for the fixed windows, or null to keep them in PostgreSQL */
export function createLimits(parts: {
  db: Connection
  redis: unknown | null
  clock: Clock
  log: Log
  metrics: Metrics
}): Limits {
  const { db, redis, clock, log, metrics } = parts
  /** By budget key: until when, in monotonic milliseconds, it is known to refuse. */
  const usedUp = new LRUCache<string, number>({ max: rememberedMax })
  const onUsedUp = (key: string, seconds: number) => {
    const [limit = ''] = key.split(':')
    metrics.count('rate_limited', limit)
    usedUp.set(key, clock.monotonicMs() + seconds * 1000)
  }
  return {
    attempts: createAttempts(db, clock, log, onUsedUp),
    windows: createWindows(db, redis, onUsedUp),
    requireOpen(limit, block) {
      const msLeft = (usedUp.get(`${limit}:${block}`) ?? 0) - clock.monotonicMs()
      if (msLeft <= 0) return
      throw new Problem('rate_limited', {
        retryAfterSeconds: Math.ceil(msLeft / 1000),
        because: `${limit} is used up`,
      })
    },
  }
}
