import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { Connection } from '#db/connection.ts'
import { isProblem, Problem, type RateLimitState } from '#lib/problems.ts'

export type WindowName =
  | 'registration'
  | 'setup'
  | 'mail'
  | 'mail_address'
  | 'code'
  | 'export'
  | 'dance'
  | 'dance_end'

/** How often one address block may do something; of mails also how many one address may get, of exports one account. */
const windows: Record<WindowName, { quota: number; windowSeconds: number }> = {
  registration: { quota: 10, windowSeconds: 3600 },
  setup: { quota: 10, windowSeconds: 3600 },
  mail: { quota: 20, windowSeconds: 3600 },
  mail_address: { quota: 5, windowSeconds: 3600 },
  code: { quota: 30, windowSeconds: 3600 },
  export: { quota: 10, windowSeconds: 3600 },
  dance: { quota: 60, windowSeconds: 600 },
  // More than can be begun: whoever reloads the way back is no flood.
  dance_end: { quota: 120, windowSeconds: 600 },
}

export interface Windows {
  /**
   * Counts one use by an address block.
   *
   * @throws Problem `rate_limited` when the window is used up
   */
  use(name: WindowName, block: string): Promise<RateLimitState>
  /** The same where being refused is nobody's business: false when the window is used up. */
  tryUse(name: WindowName, key: string): Promise<boolean>
}

/**
 * Fixed windows shared by all processes, in PostgreSQL or, with a Redis client, there. While the store is down each
 * process counts for itself.
 */
export function createWindows(
  db: Connection,
  redis: unknown | null,
  onUsedUp: (key: string, state: RateLimitState) => void,
): Windows {
  const limiters = new Map(
    (Object.keys(windows) as WindowName[]).map((name) => [name, createLimiter(name, db, redis)] as const),
  )
  async function use(name: WindowName, block: string): Promise<RateLimitState> {
    const limiter = limiters.get(name)
    if (!limiter) throw new Error(`no window ${name}`)
    try {
      return stateOf(name, await limiter.consume(block))
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      const rateLimit = stateOf(name, refusal)
      onUsedUp(`${name}:${block}`, rateLimit)
      throw new Problem('rate_limited', { rateLimit, retryAfterSeconds: rateLimit.resetSeconds })
    }
  }
  return {
    use,
    async tryUse(name, key) {
      try {
        await use(name, key)
        return true
      } catch (refusal) {
        if (isProblem(refusal) && refusal.code === 'rate_limited') return false
        throw refusal
      }
    },
  }
}

function createLimiter(name: WindowName, db: Connection, redis: unknown | null) {
  const { quota: points, windowSeconds: duration } = windows[name]
  const options = {
    keyPrefix: name,
    points,
    duration,
    // Once used up, this process refuses by itself until the window ends, without asking the store.
    inMemoryBlockOnConsumed: points,
    insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points, duration }),
  }
  if (redis) return new RateLimiterRedis({ ...options, storeClient: redis })
  return new RateLimiterPostgres({
    ...options,
    storeClient: { query: (query: { name: string; text: string; values: unknown[] }) => queryVia(db, query) },
    storeType: 'client',
    tableName: 'limiter',
    tableCreated: true,
  })
}

async function queryVia(db: Connection, query: { name: string; text: string; values: unknown[] }) {
  const rows = await db.run(query)
  return { rows, rowCount: rows.length }
}

function stateOf(name: WindowName, { remainingPoints, msBeforeNext }: RateLimiterRes): RateLimitState {
  return {
    policies: [{ name, ...windows[name] }],
    name,
    remaining: remainingPoints,
    resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  }
}
