import type { Connection } from '#db/connection.ts'
import type { ReservedBudget } from '#db/queries/attempt-budgets.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Log } from '#lib/runtime/log.ts'
import { type AttemptStore, createDatabaseStore, createMemoryStore } from './attempt-store.ts'
import { type Budget, delayAfter } from './budget-policies.ts'
import { type Awaited, createInFlight, type InFlight } from './in-flight.ts'

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
  /** Forgets what was counted under a key. */
  clear(key: string): Promise<void>
}

const waitMsMax = 2000

interface Counter {
  database: AttemptStore
  memory: AttemptStore
  inFlight: InFlight
  clock: Clock
  log: Log
  onUsedUp: (key: string, state: RateLimitState) => void
}

/** @param onUsedUp  told of every budget that refuses, and what the client is told of it */
export function createAttempts(
  db: Connection,
  clock: Clock,
  log: Log,
  onUsedUp: (key: string, state: RateLimitState) => void,
): Attempts {
  const stores = { database: createDatabaseStore(db), memory: createMemoryStore(clock) }
  const counter: Counter = { ...stores, inFlight: createInFlight(), clock, log, onUsedUp }
  return {
    async count(budgets) {
      const { rows, store } = await admit(counter, budgets)
      return countedAttempt(counter, store, budgets, rows)
    },
    clear: (key) => stores.database.release({ cleared: [key], returned: [] }),
  }
}

interface Reservation {
  rows: ReservedBudget[]
  /** The one that counted, and that the outcome goes to. */
  store: AttemptStore
}

async function reserve({ database, memory, log }: Counter, budgets: readonly Budget[]): Promise<Reservation> {
  try {
    return { rows: await database.reserve(budgets), store: database }
  } catch (error) {
    // Never unlimited: this process goes on counting by itself.
    log.warn({ event: 'attempts_store_down', error }, 'counting tries in memory')
    return { rows: await memory.reserve(budgets), store: memory }
  }
}

/** Counts the try, waiting where only other tries without an outcome stand in the way. */
async function admit(counter: Counter, budgets: readonly Budget[]): Promise<Reservation> {
  const { inFlight, clock } = counter
  const keys = budgets.map((budget) => budget.key)
  const deadlineMs = clock.monotonicMs() + waitMsMax
  for (;;) {
    const crowded = budgets.find((budget) => inFlight.entered(budget.key) >= budget.free)
    if (crowded) {
      await waitOrThrow(counter, { key: crowded.key, for: 'place', deadlineMs }, () =>
        crowdedOut(budgets, crowded),
      )
      continue
    }
    inFlight.enter(keys)
    const reservation = await reserve(counter, budgets)
    const refusing = reservation.rows.find((row) => !row.admitted)
    if (!refusing) {
      inFlight.admit(keys)
      return reservation
    }
    inFlight.leave(keys, false)
    // Tries that may still prove right would make room; without any, waiting is for nothing.
    const latestMs = inFlight.admitted(refusing.key) > 0 ? deadlineMs : clock.monotonicMs()
    await waitOrThrow(counter, { key: refusing.key, for: 'outcome', deadlineMs: latestMs }, () =>
      usedUp(counter, budgets, refusing),
    )
  }
}

async function waitOrThrow(
  { inFlight, clock }: Counter,
  wait: { key: string; for: Awaited; deadlineMs: number },
  refusal: () => Problem,
) {
  const msLeft = wait.deadlineMs - clock.monotonicMs()
  if (msLeft <= 0) throw refusal()
  await inFlight.waitForOne(wait.key, wait.for, msLeft)
}

function countedAttempt(
  { inFlight, log }: Counter,
  store: AttemptStore,
  budgets: readonly [Budget, ...Budget[]],
  rows: readonly ReservedBudget[],
): CountedAttempt {
  const [account] = budgets
  const keys = budgets.map((budget) => budget.key)
  const settle = async (write: () => Promise<void>) => {
    try {
      await write()
    } catch (error) {
      // What stays counted errs on the safe side.
      log.warn({ event: 'attempts_store_down', error }, 'a try stays counted')
    } finally {
      inFlight.leave(keys, true)
    }
  }
  return {
    limit: stateOf(budgets, rows),
    right: () => settle(() => store.release({ cleared: [account.key], returned: keys.slice(1) })),
    giveBack: () => settle(() => store.release({ cleared: [], returned: keys })),
    refused: () =>
      settle(async () => {
        const counted = rows.find((row) => row.key === account.key)?.refused ?? 0
        const delaySeconds = delayAfter(account, counted)
        if (delaySeconds > 0) await store.confirm(account.key, delaySeconds)
      }),
  }
}

/** The wait is over, and tries without an outcome still hold every place. */
function crowdedOut(budgets: readonly Budget[], crowded: Budget): Problem {
  const isAddress = crowded.delayMaxSeconds === null
  return isAddress
    ? new Problem('overloaded', { retryAfterSeconds: 1, because: 'tries in flight from one address' })
    : limited(refusedState(budgets, crowded.key, 1))
}

function usedUp({ onUsedUp }: Counter, budgets: readonly Budget[], refusing: ReservedBudget): Problem {
  const seconds = Math.max(1, Math.ceil(refusing.retryAfterSeconds ?? 1))
  const state = refusedState(budgets, refusing.key, seconds)
  onUsedUp(refusing.key, state)
  return limited(state)
}

function refusedState(budgets: readonly Budget[], key: string, resetSeconds: number): RateLimitState {
  const name = budgets.find((budget) => budget.key === key)?.name ?? ''
  return { ...stateOf(budgets, []), name, remaining: 0, resetSeconds }
}

function limited(rateLimit: RateLimitState): Problem {
  const { name, resetSeconds } = rateLimit
  return new Problem('rate_limited', {
    retryAfterSeconds: resetSeconds,
    because: `budget ${name} is used up`,
    detail: `Too many attempts. Try again in ${resetSeconds} ${resetSeconds === 1 ? 'second' : 'seconds'}.`,
    rateLimit,
  })
}

/**
 * What the RateLimit headers say: the tightest of the budgets by address. How much an account has left would tell which
 * address and which user name are the same account's.
 */
function stateOf(budgets: readonly Budget[], rows: readonly ReservedBudget[]): RateLimitState {
  const [, ...byAddress] = budgets
  const states = (byAddress.length > 0 ? byAddress : budgets).map((budget) => {
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
