import { eraseAccount as eraseRow, markAccountDeleted } from '#db/queries/accounts.ts'
import type { UserRow } from '#db/queries/users.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Deletes an account: nobody signs in to it, and its sessions end. The row stays, so that they can say why, and the
 * address stays taken.
 *
 * @returns how many sessions ended; null when it was deleted before
 */
export async function deleteAccount(runtime: Runtime, { id }: UserRow): Promise<number | null> {
  const { database, config, sessionCheck, metrics, log } = runtime
  const reason = 'user_deleted'
  const ended = await markAccountDeleted(database, {
    userId: id,
    reason,
    roleLimits: config.session.roleLimits,
  })
  if (ended === null) return null
  sessionCheck.forget({ kind: 'user', userId: id })
  metrics.count('auth_session_ended', reason, ended)
  log.info({ event: 'account_deleted', user_id: id, ended }, 'account deleted')
  return ended
}

/** Removes an account and all that belongs to it for good; its address may be registered again. */
export async function eraseAccount(runtime: Runtime, { id }: UserRow): Promise<void> {
  await eraseRow(runtime.database, id)
  runtime.sessionCheck.forget({ kind: 'user', userId: id })
  runtime.log.info({ event: 'account_erased', user_id: id }, 'account erased')
}
