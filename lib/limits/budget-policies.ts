import type { RequestedBudget } from '#db/queries/attempt-budgets.ts'
import { siteOf } from './address-block.ts'

/** A budget of refused tries. `name` is what the RateLimit headers call it. */
export interface Budget extends RequestedBudget {
  name: string
}

/** Delays double from one second up to this. Never a lock: the owner must always be able to come in. */
const delayMaxSeconds = 15 * 60
const forgottenAfterSeconds = 24 * 3600
const freeTries = 5

/** The key of the tries against an account that is known. */
export function signInKeyOf(userId: number): string {
  return `account:${userId}`
}

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

const addressWindow = { windowSeconds: 300, delayMaxSeconds: null }

/** Refused sign-ins from one address block, whatever account they try: 20 in 5 minutes. */
export function addressBudget(block: string): Budget {
  return { name: 'sign-in-address', key: `address:${block}`, free: 20, ...addressWindow }
}

/** All budgets of a block: of IPv6 its /48 has one too, 200 in 5 minutes, or 65,536 blocks would be one's own. */
export function addressBudgets(block: string): Budget[] {
  const site = siteOf(block)
  const own = addressBudget(block)
  return site ? [own, { name: 'sign-in-site', key: `address:${site}`, free: 200, ...addressWindow }] : [own]
}

/** Wrong current passwords within one session. */
export function currentPasswordBudget(sessionId: string): Budget {
  return { ...accountBudget(`current_password:${sessionId}`), name: 'current-password' }
}

/** Wrong passwords of a registration that waits, of whoever registers with its user name. */
export function reservedNameBudget(registrationId: string): Budget {
  return { ...accountBudget(`registration:${registrationId}`), name: 'reserved-name' }
}

/** Seconds until the next try after the `refused`-th refusal; 0 while tries are free. */
export function delayAfter(budget: Budget, refused: number): number {
  if (budget.delayMaxSeconds === null || refused < budget.free) return 0
  return Math.min(budget.delayMaxSeconds, 2 ** (refused - budget.free))
}
