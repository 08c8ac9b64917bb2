import type { Connection } from '#db/connection.ts'
import { eraseDueAccounts, eraseDueSize } from '#db/queries/account-changes.ts'
import { eraseAccount as eraseRow, markAccountDeleted } from '#db/queries/accounts.ts'
import type { NewAuditEvent } from '#db/queries/audit-events.ts'
import type { UserRow } from '#db/queries/users.ts'
import { operatorEvent, systemEvent } from '#lib/audit/audit-event.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { keepingAnAdministrator } from './last-administrator.ts'

/** A deletion by its owner is final after this many seconds: 14 days. */
export const deletionGraceSeconds = 14 * 86_400

export interface Deletion {
  /** Null: it is kept until an operator decides. */
  graceSeconds: number | null
  /** Of the session that asks for it; null for an operator. */
  fromEpoch: number | null
  event: NewAuditEvent
  /** What else belongs to it, in the same transaction. */
  alsoIn?: (transaction: Connection) => Promise<void>
}

/**
 * Deletes an account: nobody but its owner, within the grace, signs in to it, and its sessions end. The row stays, so
 * that they can say why, and the address stays taken.
 *
 * @returns how many sessions ended; null when it was deleted before, or another epoch has begun
 * @throws Problem `last_administrator`
 */
export async function deleteAccount(
  runtime: Runtime,
  { id }: UserRow,
  { graceSeconds, fromEpoch, event, alsoIn }: Deletion = {
    graceSeconds: null,
    fromEpoch: null,
    event: operatorEvent('account_deleted'),
  },
): Promise<number | null> {
  const { config, sessionCheck, metrics, log } = runtime
  const reason = 'user_deleted'
  const { roleLimits } = config.session
  const ended = await keepingAnAdministrator(runtime, async (transaction) => {
    const count = await markAccountDeleted(transaction, {
      userId: id,
      reason,
      roleLimits,
      graceSeconds,
      fromEpoch,
      event,
    })
    if (count !== null) await alsoIn?.(transaction)
    return count
  })
  if (ended === null) return null
  sessionCheck.forget({ kind: 'user', userId: id })
  metrics.count('auth_session_ended', reason, ended)
  log.info({ event: 'account_deleted', user_id: id, ended }, 'account deleted')
  return ended
}

/**
 * Removes an account and all that belongs to it for good; its address may be registered again.
 *
 * @throws Problem `last_administrator`
 */
export async function eraseAccount(runtime: Runtime, { id }: UserRow): Promise<void> {
  const event = operatorEvent('account_erased')
  await keepingAnAdministrator(runtime, (transaction) => eraseRow(transaction, id, event))
  runtime.sessionCheck.forget({ kind: 'user', userId: id })
  runtime.log.info({ event: 'account_erased', user_id: id }, 'account erased')
}

/** Removes accounts whose owners did not come back within the grace, some at a time; true when there may be more. */
export async function eraseDeletedAccounts({
  database,
  log,
}: Pick<Runtime, 'database' | 'log'>): Promise<boolean> {
  const ids = await eraseDueAccounts(database, systemEvent('account_erased'))
  for (const id of ids) log.info({ event: 'account_erased', user_id: id }, 'account erased')
  return ids.length === eraseDueSize
}
