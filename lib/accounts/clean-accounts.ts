import { purgeAuditEvents } from '#db/queries/audit-events.ts'
import { purgePendingRegistrations } from '#db/queries/registrations.ts'
import { purgeSignInCodes } from '#db/queries/sign-in-codes.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { eraseDeletedAccounts } from './delete-account.ts'

/** Statements of one run, so that what has piled up does not hold up the rest. */
const purgesMax = 20

/**
 * To be called in intervals by every process: removes deleted accounts whose grace is over, registrations whose mailbox
 * was never proven, and events older than AUDIT_HISTORY_DAYS.
 */
export async function cleanAccounts(runtime: Pick<Runtime, 'config' | 'database' | 'log'>): Promise<void> {
  const { config, database } = runtime
  for (let runs = 0; runs < purgesMax; runs += 1) {
    if (!(await eraseDeletedAccounts(runtime))) break
  }
  await purgePendingRegistrations(database)
  for (let runs = 0; runs < purgesMax; runs += 1) {
    if (!(await purgeAuditEvents(database, config.auditHistorySeconds))) break
  }
}

/** To be called in shorter intervals: a code of a sign-in holds an address, and lives for a minute. */
export async function cleanSignInCodes({ database }: Pick<Runtime, 'database'>): Promise<void> {
  for (let runs = 0; runs < purgesMax; runs += 1) {
    if (!(await purgeSignInCodes(database))) break
  }
}
