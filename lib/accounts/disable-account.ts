import { disableAccount as disableRow, enableAccount as enableRow } from '#db/queries/accounts.ts'
import type { UserRow } from '#db/queries/users.ts'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { keepingAnAdministrator } from './last-administrator.ts'

/**
 * Disables an account and ends its sessions, in one statement: a sign-in in flight does not survive it.
 *
 * @returns how many sessions ended; null when it was disabled before
 * @throws Problem `last_administrator`
 */
export async function disableAccount(runtime: Runtime, { id }: UserRow): Promise<number | null> {
  const { config, sessionCheck, metrics, log } = runtime
  const reason = 'user_disabled'
  const ended = await keepingAnAdministrator(runtime, (transaction) =>
    disableRow(transaction, {
      userId: id,
      reason,
      roleLimits: config.session.roleLimits,
      event: operatorEvent('account_disabled'),
    }),
  )
  if (ended === null) return null
  sessionCheck.forget({ kind: 'user', userId: id })
  metrics.count('auth_session_ended', reason, ended)
  log.info({ event: 'account_disabled', user_id: id, ended }, 'account disabled')
  return ended
}

/** Lets a disabled or deleted account sign in again; its old sessions stay ended. False when it was neither. */
export async function enableAccount(runtime: Runtime, { id }: UserRow): Promise<boolean> {
  const isChanged = await enableRow(runtime.database, id, operatorEvent('account_enabled'))
  if (!isChanged) return false
  runtime.sessionCheck.forget({ kind: 'user', userId: id })
  runtime.log.info({ event: 'account_enabled', user_id: id }, 'account enabled')
  return true
}
