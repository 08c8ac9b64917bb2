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
   * grow with the flood. After refused sign-ins it asks again every five seconds.
   *
   * @throws Problem `rate_limited`
   */
  requireOpen(limit: BlockLimit, block: string): void
}

const rememberedMax = 10_000
/** Tries in flight at other processes may use up a budget and be given back a moment later. */
const triesRememberedMsMax = 5000
const blockLimits: readonly string[] = [
  'address',
  'registration',
  'setup',
  'mail',
  'code',
  'dance',
  'dance_end',
] satisfies BlockLimit[]

/** Of one budget, in monotonic milliseconds. */
interface UsedUp {
  /** What it said when it refused. */
  state: RateLimitState
  /** When it is open again, as far as it knew. */
  resetAtMs: number
  /** Until then this process refuses without asking. */
  untilMs: number
}

/** @param redis  a client for the fixed windows, or null to keep them in PostgreSQL */
export function createLimits(parts: {
  db: Connection
  redis: unknown | null
  clock: Clock
  log: Log
  metrics: Metrics
}): Limits {
  const { db, redis, clock, log, metrics } = parts
  const usedUp = new LRUCache<string, UsedUp>({ max: rememberedMax })
  const remember = (key: string, state: RateLimitState, msMax: number) => {
    const [limit = ''] = key.split(':')
    metrics.count('rate_limited', limit)
    // The rest is asked for by account, which is known only after the body is read.
    if (!blockLimits.includes(limit)) return
    const [nowMs, resetMs] = [clock.monotonicMs(), state.resetSeconds * 1000]
    usedUp.set(key, { state, resetAtMs: nowMs + resetMs, untilMs: nowMs + Math.min(resetMs, msMax) })
  }
  return {
    attempts: createAttempts(db, clock, log, (key, state) => remember(key, state, triesRememberedMsMax)),
    windows: createWindows(db, redis, (key, state) => remember(key, state, Infinity)),
    requireOpen(limit, block) {
      for (const area of [block, siteOf(block)]) {
        const known = usedUp.get(`${limit}:${area}`)
        const nowMs = clock.monotonicMs()
        if (!known || known.untilMs <= nowMs) continue
        const secondsLeft = Math.ceil((known.resetAtMs - nowMs) / 1000)
        throw new Problem('rate_limited', {
          retryAfterSeconds: secondsLeft,
          because: `${limit} is used up`,
          rateLimit: { ...known.state, resetSeconds: secondsLeft },
        })
      }
    },
  }
}
