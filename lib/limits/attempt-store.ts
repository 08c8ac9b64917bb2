import { LRUCache } from 'lru-cache'
import type { Connection } from '#db/connection.ts'
import {
  confirmRefusedAttempt,
  type ReservedBudget,
  releaseAttempts,
  reserveAttempts,
} from '#db/queries/attempt-budgets.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Budget } from './budget-policies.ts'

/** Where tries are counted. */
export interface AttemptStore {
  /** Counts one try against all budgets, or against none when one is used up. */
  reserve(budgets: readonly Budget[]): Promise<ReservedBudget[]>
  /** Forgets everything under `cleared`; takes one try back from each of `returned`. */
  release(keys: { cleared: readonly string[]; returned: readonly string[] }): Promise<void>
  /** Starts the delay of a used-up budget now. */
  confirm(key: string, delaySeconds: number): Promise<void>
}

/** Shared by all processes. */
export function createDatabaseStore(db: Connection): AttemptStore {
  return {
    reserve: (budgets) => reserveAttempts(db, budgets),
    release: (keys) => releaseAttempts(db, keys),
    confirm: (key, delaySeconds) => confirmRefusedAttempt(db, key, delaySeconds),
  }
}

/** Budgets that one process remembers by itself; about 1 MB. */
const keysMax = 10_000
const windowMs = 300_000

/** For while the database cannot count. Stricter: every budget is a window of five minutes. */
export function createMemoryStore(clock: Clock): AttemptStore {
  const used = new LRUCache<string, { count: number; untilMs: number }>({ max: keysMax })

  function read(key: string) {
    const entry = used.get(key)
    return entry && entry.untilMs > clock.monotonicMs()
      ? entry
      : { count: 0, untilMs: clock.monotonicMs() + windowMs }
  }

  return {
    async reserve(budgets) {
      const entries = budgets.map((budget) => ({ budget, ...read(budget.key) }))
      const allAdmitted = entries.every(({ budget, count }) => count < budget.free)
      return entries.map(({ budget, count, untilMs }) => {
        const admitted = count < budget.free
        const refused = allAdmitted ? count + 1 : count
        used.set(budget.key, { count: refused, untilMs })
        const secondsLeft = (untilMs - clock.monotonicMs()) / 1000
        return { key: budget.key, admitted, refused, retryAfterSeconds: admitted ? null : secondsLeft }
      })
    },
    async release({ cleared, returned }) {
      for (const key of cleared) used.delete(key)
      for (const key of returned) {
        const { count, untilMs } = read(key)
        used.set(key, { count: Math.max(0, count - 1), untilMs })
      }
    },
    async confirm() {},
  }
}
