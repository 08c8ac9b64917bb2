import { purgeAuditEvents } from '#db/queries/audit-events.ts'
import { purgePendingRegistrations } from '#db/queries/registrations.ts'
import { purgeSignInCodes } from '#db/queries/sign-in-codes.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { eraseDueAccounts } from './erase-rows.ts'

/** Statements of one run, so that what has piled up does not hold up the rest. */
const purgesMax = 20

/**
 * To be called in intervals by every process: removes deleted accounts whose grace is over, registrations whose mailbox
 * was never proven, and events older than AUDIT_HISTORY_DAYS. What fails is logged and keeps nothing else from going.
 */
export async function cleanAccounts(runtime: Pick<Runtime, 'config' | 'database' | 'log'>): Promise<void> {
  const { config, database, log } = runtime
  const steps = {
    erasures: () => eraseDueAccounts(runtime),
    pending_registrations: () => purgePendingRegistrations(database),
    audit_events: () => repeat(() => purgeAuditEvents(database, config.auditHistorySeconds)),
  }
  for (const [task, step] of Object.entries(steps)) {
    try {
      await step()
    } catch (error) {
      log.warn({ event: 'periodic_task_failed', task, error }, 'will be tried again')
    }
  }
}

/** To be called in shorter intervals: a code of a sign-in holds an address, and lives for a minute. */
export async function cleanSignInCodes({ database }: Pick<Runtime, 'database'>): Promise<void> {
  await repeat(() => purgeSignInCodes(database))
}

async function repeat(purge: () => Promise<boolean>): Promise<void> {
  for (let runs = 0; runs < purgesMax; runs += 1) {
    if (!(await purge())) return
  }
}
