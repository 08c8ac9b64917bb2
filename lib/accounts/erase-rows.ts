import { isConnectionLost } from '#db/errors.ts'
import type { NewAuditEvent } from '#db/queries/audit-events.ts'
import { eraseAccountRow, eraseRowsOf, listAccountsToErase } from '#db/queries/erasure.ts'
import { systemEvent } from '#lib/audit/audit-event.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** Statements for one account in one run, each of a thousand rows, so that it does not hold up the rest. */
const statementsMax = 100

/**
 * Removes accounts that are to be removed: whose owners did not come back within the grace, and what an operator could
 * not remove. Each by itself, so one that cannot be removed is logged and holds up no other.
 *
 * @throws when the database is gone
 */
export async function eraseDueAccounts({ database, log }: Pick<Runtime, 'database' | 'log'>): Promise<void> {
  for (const userId of await listAccountsToErase(database)) {
    try {
      const isEmpty = await eraseRowsOf(database, userId, statementsMax)
      if (isEmpty) await eraseRowLast({ database, log }, userId, systemEvent('account_erased'))
    } catch (error) {
      if (isConnectionLost(error)) throw error
      log.warn({ event: 'account_not_erased', user_id: userId, error }, 'will be tried again')
    }
  }
}

/** Removes an account that is to be removed, however much there is of it; false when it is not to be removed any more. */
export async function eraseWhole(
  runtime: Pick<Runtime, 'database' | 'log'>,
  userId: number,
  event: NewAuditEvent,
): Promise<boolean> {
  await eraseRowsOf(runtime.database, userId, Number.POSITIVE_INFINITY)
  return eraseRowLast(runtime, userId, event)
}

async function eraseRowLast(
  { database, log }: Pick<Runtime, 'database' | 'log'>,
  userId: number,
  event: NewAuditEvent,
): Promise<boolean> {
  const isErased = await eraseAccountRow(database, userId, event)
  if (isErased) log.info({ event: 'account_erased', user_id: userId }, 'account erased')
  return isErased
}
