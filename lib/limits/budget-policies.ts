import type { RequestedBudget } from '#db/queries/attempt-budgets.ts'

/** A budget of refused tries. `name` is what the RateLimit headers call it. */
export interface Budget extends RequestedBudget {
  name: string
}

/** Delays double from one second up to this. Never a lock: the owner must always be able to come in. */
const delayMaxSeconds = 15 * 60
const forgottenAfterSeconds = 24 * 3600
const freeTries = 5

/** Tries against one account, wherever they come from: five, then delays of 1 s, 2 s, 4 s … 15 min. */
export function accountBudget(key: string): Budget {
  return {
    name: 'sign-in-account',
    key,
    free: freeTries,
    windowSeconds: forgottenAfterSeconds,
    delayMaxSeconds,
  }
}

/** Refused sign-ins from one address block, whatever account they try: 20 in 5 minutes. */
export function addressBudget(block: string): Budget {
  return {
    name: 'sign-in-address',
    key: `address:${block}`,
    free: 20,
    windowSeconds: 300,
    delayMaxSeconds: null,
  }
}

/** Wrong current passwords within one session. */
export function currentPasswordBudget(sessionId: string): Budget {
  return { ...accountBudget(`current_password:${sessionId}`), name: 'current-password' }
}

/** Seconds until the next try after the `refused`-th refusal; 0 while tries are free. */
export function delayAfter(budget: Budget, refused: number): number {
  if (budget.delayMaxSeconds === null || refused < budget.free) return 0
  return Math.min(budget.delayMaxSeconds, 2 ** (refused - budget.free))
}
