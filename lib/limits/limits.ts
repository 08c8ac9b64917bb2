import { LRUCache } from 'lru-cache'
import type { Connection } from '#db/connection.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Log } from '#lib/runtime/log.ts'
import type { Metrics } from '#lib/runtime/metrics.ts'
import { siteOf } from './address-block.ts'
import { type Attempts, createAttempts } from './attempts.ts'
import { createWindows, type Windows } from './windows.ts'

/** Limits by address block that an operation may be under. */
export type BlockLimit = 'address' | 'registration' | 'setup' | 'mail' | 'code' | 'dance' | 'dance_end'

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
const blockLimits: readonly string[] = [
  'address',
  'registration',
  'setup',
  'mail',
  'code',
  'dance',
  'dance_end',
] satisfies BlockLimit[]

/** @param redis  a client for the fixed windows, or null to keep them in PostgreSQL */
export function createLimits(parts: {
  db: Connection
  redis: unknown | null
  clock: Clock
  log: Log
  metrics: Metrics
}): Limits {
  const { db, redis, clock, log, metrics } = parts
  /** By budget key: what it said when it refused, and until when, in monotonic milliseconds, it goes on refusing. */
  const usedUp = new LRUCache<string, { state: RateLimitState; untilMs: number }>({ max: rememberedMax })
  const onUsedUp = (key: string, state: RateLimitState) => {
    const [limit = ''] = key.split(':')
    metrics.count('rate_limited', limit)
    // The rest is asked for by account, which is known only after the body is read.
    if (!blockLimits.includes(limit)) return
    usedUp.set(key, { state, untilMs: clock.monotonicMs() + state.resetSeconds * 1000 })
  }
  return {
    attempts: createAttempts(db, clock, log, onUsedUp),
    windows: createWindows(db, redis, onUsedUp),
    requireOpen(limit, block) {
      for (const area of [block, siteOf(block)]) {
        const known = usedUp.get(`${limit}:${area}`)
        const secondsLeft = known ? Math.ceil((known.untilMs - clock.monotonicMs()) / 1000) : 0
        if (!known || secondsLeft <= 0) continue
        throw new Problem('rate_limited', {
          retryAfterSeconds: secondsLeft,
          because: `${limit} is used up`,
          rateLimit: { ...known.state, resetSeconds: secondsLeft },
        })
      }
    },
  }
}
