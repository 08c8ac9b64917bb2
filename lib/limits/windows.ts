import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { Connection } from '#db/connection.ts'
import { isProblem, Problem, type RateLimitState } from '#lib/problems.ts'
import { siteOf } from './address-block.ts'

export type WindowName =
  | 'registration'
  | 'setup'
  | 'mail'
  | 'mail_address'
  | 'code'
  | 'export'
  | 'dance'
  | 'dance_end'

interface Quota {
  quota: number
  windowSeconds: number
}

/** How often one address block may do something; of mails also how many one address may get, of exports one account. */
const windows: Record<WindowName, Quota> = {
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

/** The blocks of one /48 have so many times the quota of one together: 65,536 of them may be a single customer's. */
const blocksPerSite = 10

export interface Windows {
  /**
   * Counts one use by an address block, of IPv6 by its /48 too.
   *
   * @throws Problem `rate_limited` when the window of either is used up
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
  const counters = new Map(
    (Object.keys(windows) as WindowName[]).map((name) => [name, countersOf(name, db, redis)] as const),
  )
  async function use(name: WindowName, key: string): Promise<RateLimitState> {
    const [own, ofSite] = counters.get(name) ?? []
    if (!own || !ofSite) throw new Error(`no window ${name}`)
    // What is counted by account or by recipient has no site.
    const site = siteOf(key)
    const areas = site
      ? [
          { ...own, key },
          { ...ofSite, key: site },
        ]
      : [{ ...own, key }]
    const policies = areas.map(({ policy }) => policy)
    const states: RateLimitState[] = []
    // One after the other: what its block refuses is not counted by the site, or one block would use it up.
    for (const area of areas) {
      const { isRefused, left } = await consume(area)
      const state = { policies, name: area.policy.name, ...left }
      if (isRefused) {
        onUsedUp(`${name}:${area.key}`, state)
        throw new Problem('rate_limited', { rateLimit: state, retryAfterSeconds: state.resetSeconds })
      }
      states.push(state)
    }
    return states.reduce((tightest, state) => (state.remaining < tightest.remaining ? state : tightest))
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

interface Counter {
  policy: Quota & { name: string }
  limiter: RateLimiterPostgres | RateLimiterRedis
}

/** Of a block, and of its site. */
function countersOf(name: WindowName, db: Connection, redis: unknown | null): [Counter, Counter] {
  const { quota, windowSeconds } = windows[name]
  const siteQuota = quota * blocksPerSite
  return [
    { policy: { name, quota, windowSeconds }, limiter: createLimiter(name, windows[name], db, redis) },
    {
      policy: { name: `${name}-site`, quota: siteQuota, windowSeconds },
      limiter: createLimiter(name, { quota: siteQuota, windowSeconds }, db, redis),
    },
  ]
}

function createLimiter(
  keyPrefix: WindowName,
  { quota: points, windowSeconds: duration }: Quota,
  db: Connection,
  redis: unknown | null,
) {
  const options = {
    keyPrefix,
    points,
    duration,
    // Once used up, this process refuses by itself until the window ends, without asking the store.
    inMemoryBlockOnConsumed: points,
    insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration }),
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

async function consume({ limiter, key }: Counter & { key: string }) {
  try {
    return { isRefused: false, left: leftOf(await limiter.consume(key)) }
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    return { isRefused: true, left: leftOf(refusal) }
  }
}

async function queryVia(db: Connection, query: { name: string; text: string; values: unknown[] }) {
  const rows = await db.run(query)
  return { rows, rowCount: rows.length }
}

function leftOf({ remainingPoints, msBeforeNext }: RateLimiterRes) {
  return { remaining: remainingPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) }
}
