import type { Connection } from '#db/connection.ts'
import {
  confirmRefusedAttempt,
  type ReservedBudget,
  releaseAttempts,
  reserveAttempts,
} from '#db/queries/attempt-budgets.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Log } from '#lib/runtime/log.ts'
import { type Budget, delayAfter } from './budget-policies.ts'
import { createInFlight } from './in-flight.ts'
import { createMemoryAttempts } from './memory-attempts.ts'

/** A try that has been counted and waits for its outcome. Call exactly one of the three. */
export interface CountedAttempt {
  limit: RateLimitState
  /** It was right: clears the account, gives the rest back. */
  right(): Promise<void>
  /** It was refused: stays counted, and the delay starts now. */
  refused(): Promise<void>
  /** Nobody looked at it (overload, database down): as if it had not been. */
  giveBack(): Promise<void>
}

export interface Attempts {
  /**
   * Counts a try against every budget before any work is spent on it. The first budget is the account's.
   *
   * A try that finds no room only because others are in flight waits for them, at most 2 s.
   *
   * @throws Problem `rate_limited` when a budget is used up; `overloaded` when only tries in flight from the same
   *         address stand in the way after the wait
   */
  count(budgets: readonly [Budget, ...Budget[]]): Promise<CountedAttempt>
}

const waitMsMax = 2000

/** @param onUsedUp  told of every budget that refuses, with the seconds it will go on refusing */
export function createAttempts(
  db: Connection,
  clock: Clock,
  log: Log,
  onUsedUp: (key: string, seconds: number) => void,
): Attempts {
  const inFlight = createInFlight()
  const memory = createMemoryAttempts()

  async function reserve(
    budgets: readonly Budget[],
  ): Promise<{ rows: ReservedBudget[]; store: 'database' | 'memory' }> {
    try {
      return { rows: await reserveAttempts(db, budgets), store: 'database' }
    } catch (error) {
      // Never unlimited: this process goes on counting by itself.
      log.warn({ event: 'attempts_store_down', error }, 'counting tries in memory')
      return { rows: memory.reserve(budgets, clock.monotonicMs()), store: 'memory' }
    }
  }

  async function admit(budgets: readonly Budget[]) {
    const keys = budgets.map((budget) => budget.key)
    const deadlineMs = clock.monotonicMs() + waitMsMax
    for (;;) {
      const crowded = budgets.find((budget) => inFlight.entered(budget.key) >= budget.free)
      if (crowded) {
        await waitOrRefuse(crowded, deadlineMs, () => crowdedOut(budgets, crowded))
        continue
      }
      inFlight.enter(keys)
      const reserved = await reserve(budgets)
      const refusing = reserved.rows.find((row) => !row.admitted)
      if (!refusing) {
        inFlight.admit(keys)
        return reserved
      }
      inFlight.leave(keys, false)
      const refuse = () => {
        onUsedUp(refusing.key, refusing.retryAfterSeconds ?? 0)
        return usedUp(budgets, refusing)
      }
      if (inFlight.admitted(refusing.key) === 0) throw refuse()
      await waitOrRefuse(refusing, deadlineMs, refuse)
    }
  }

  /** Waits for a try under the same key to end: if it proves right, there is room again. */
  async function waitOrRefuse({ key }: { key: string }, deadlineMs: number, refusal: () => Problem) {
    const msLeft = deadlineMs - clock.monotonicMs()
    if (msLeft <= 0) throw refusal()
    await inFlight.waitForOne(key, msLeft)
  }

  return {
    async count(budgets) {
      const { rows, store } = await admit(budgets)
      const keys = budgets.map((budget) => budget.key)
      const [account] = budgets
      const counted = rows.find((row) => row.key === account.key)?.refused ?? 0
      const settle = async (write: () => Promise<void>) => {
        try {
          if (store === 'database') await write()
        } catch (error) {
          // What stays counted errs on the safe side.
          log.warn({ event: 'attempts_store_down', error }, 'a try stays counted')
        } finally {
          inFlight.leave(keys, true)
        }
      }
      return {
        limit: stateOf(budgets, rows),
        right: () => settle(() => releaseAttempts(db, { cleared: [account.key], returned: keys.slice(1) })),
        giveBack: () => settle(() => releaseAttempts(db, { cleared: [], returned: keys })),
        refused: () =>
          settle(async () => {
            const delaySeconds = delayAfter(account, counted)
            if (delaySeconds > 0) await confirmRefusedAttempt(db, account.key, delaySeconds)
          }),
      }
    },
  }
}

/** The wait is over and only tries without an outcome stand in the way. */
function crowdedOut(budgets: readonly Budget[], crowded: Budget): Problem {
  const isAddress = crowded.delayMaxSeconds === null
  return isAddress
    ? new Problem('overloaded', { retryAfterSeconds: 1, because: 'tries in flight from one address' })
    : usedUp(budgets, { key: crowded.key, admitted: false, refused: crowded.free, retryAfterSeconds: 1 })
}

function usedUp(budgets: readonly Budget[], refusing: ReservedBudget): Problem {
  const retryAfterSeconds = Math.max(1, Math.ceil(refusing.retryAfterSeconds ?? 1))
  const name = budgets.find((budget) => budget.key === refusing.key)?.name ?? ''
  return new Problem('rate_limited', {
    retryAfterSeconds,
    because: `budget ${name} is used up`,
    detail: `Too many attempts. Try again in ${retryAfterSeconds} ${retryAfterSeconds === 1 ? 'second' : 'seconds'}.`,
    rateLimit: { ...stateOf(budgets, [refusing]), name, remaining: 0, resetSeconds: retryAfterSeconds },
  })
}

/** The tightest of the budgets, as the RateLimit headers say it. The same for known and unknown accounts. */
function stateOf(budgets: readonly Budget[], rows: readonly ReservedBudget[]): RateLimitState {
  const states = budgets.map((budget) => {
    const used = rows.find((row) => row.key === budget.key)?.refused ?? 0
    return { budget, remaining: Math.max(0, budget.free - used) }
  })
  const [tightest] = states.toSorted((a, b) => a.remaining - b.remaining)
  return {
    policies: budgets.map(({ name, free, windowSeconds }) => ({ name, quota: free, windowSeconds })),
    name: tightest?.budget.name ?? '',
    remaining: tightest?.remaining ?? 0,
    resetSeconds: tightest?.budget.windowSeconds ?? 0,
  }
}
