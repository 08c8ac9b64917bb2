import type { Connection } from '#db/connection.ts'
import { markAccountDeleted } from '#db/queries/accounts.ts'
import type { NewAuditEvent } from '#db/queries/audit-events.ts'
import { markAccountToErase } from '#db/queries/erasure.ts'
import { findUser, type UserRow } from '#db/queries/users.ts'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { eraseWhole } from './erase-rows.ts'
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
 * Removes an account and all that belongs to it for good; its address may be registered again. It ends at once; what
 * there is of it then goes some at a time. If that fails half-way, the servers go on with it.
 *
 * @throws Problem `last_administrator`, and nothing is changed
 */
export async function eraseAccount(runtime: Runtime, { id }: UserRow): Promise<void> {
  const { database, sessionCheck } = runtime
  const marking = { userId: id, reason: 'user_deleted' }
  await keepingAnAdministrator(runtime, (transaction) => markAccountToErase(transaction, marking))
  sessionCheck.forget({ kind: 'user', userId: id })
  const isErased = await eraseWhole(runtime, id, operatorEvent('account_erased'))
  sessionCheck.forget({ kind: 'user', userId: id })
  if (!isErased && (await findUser(database, id))) throw new Error('somebody enabled the account meanwhile')
}
