import { LRUCache } from 'lru-cache'
import type { ReservedBudget } from '#db/queries/attempt-budgets.ts'
import type { Budget } from './budget-policies.ts'

/** Budgets that one process remembers by itself; about 1 MB. */
const keysMax = 10_000
/** While the store is down, whatever is used up stays so for this long. */
const windowMs = 300_000

/** Counts tries while the database cannot. Simpler and stricter: nothing is given back, every budget is a window. */
export function createMemoryAttempts() {
  const used = new LRUCache<string, { count: number; until: number }>({ max: keysMax })

  function read(key: string, nowMs: number) {
    const entry = used.get(key)
    return entry && entry.until > nowMs ? entry : { count: 0, until: nowMs + windowMs }
  }

  return {
    reserve(budgets: readonly Budget[], nowMs: number): ReservedBudget[] {
      const entries = budgets.map((budget) => ({ budget, ...read(budget.key, nowMs) }))
      const allAdmitted = entries.every(({ budget, count }) => count < budget.free)
      return entries.map(({ budget, count, until }) => {
        const refused = allAdmitted ? count + 1 : count
        used.set(budget.key, { count: refused, until })
        const admitted = count < budget.free
        return {
          key: budget.key,
          admitted,
          refused,
          retryAfterSeconds: admitted ? 0 : (until - nowMs) / 1000,
        }
      })
    },
  }
}
