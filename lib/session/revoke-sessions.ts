import { endAllSessionsOf } from '#db/queries/accounts.ts'
import { endSessionsOfNextUsers } from '#db/queries/everybody.ts'
import { forgetSetupNonce } from '#db/queries/installation.ts'
import { endSessions } from '#db/queries/session-endings.ts'
import { type ListedSession, listLiveSessions } from '#db/queries/sessions.ts'
import type { UserRow } from '#db/queries/users.ts'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { replaceSigningKeys } from './signing-keys.ts'

export type { ListedSession }

const reason = 'revoked_by_admin'
/** Users that one statement looks at: well below the time limit of a statement. */
const batchSize = 2000

/** The live sessions of an account, the last used first. */
export function listSessionsOf({ database, config }: Pick<Runtime, 'database' | 'config'>, { id }: UserRow) {
  const { roleLimits } = config.session
  return listLiveSessions(database, { userId: id, currentSessionId: null, roleLimits })
}

/** Ends these sessions; returns the ids of those that had not ended before. */
export async function revokeSessions(runtime: Runtime, sessionIds: readonly string[]): Promise<string[]> {
  const ended = await endSessions(runtime.database, {
    sessionIds,
    reason,
    event: operatorEvent('sessions_revoked'),
  })
  for (const sessionId of ended) runtime.sessionCheck.forget({ kind: 'session', sessionId })
  report(runtime, ended.length, { session_ids: ended })
  return ended
}

/** Ends all sessions of an account; returns how many were alive. */
export async function revokeSessionsOf(runtime: Runtime, { id }: UserRow): Promise<number> {
  const { roleLimits } = runtime.config.session
  const event = operatorEvent('sessions_revoked')
  const ended = (await endAllSessionsOf(runtime.database, { userId: id, reason, roleLimits, event })) ?? 0
  runtime.sessionCheck.forget({ kind: 'user', userId: id })
  report(runtime, ended, { user_id: id })
  return ended
}

/**
 * Ends every session of everybody, some users at a time. Each batch is refused everywhere once it is committed; what is
 * cut short can be run again.
 */
export async function revokeAllSessions(runtime: Runtime): Promise<{ accounts: number; sessions: number }> {
  const total = { accounts: 0, sessions: 0 }
  const { roleLimits } = runtime.config.session
  let afterUserId = 0
  for (;;) {
    const batch = {
      afterUserId,
      size: batchSize,
      reason,
      roleLimits,
      event: operatorEvent('sessions_revoked'),
    }
    const { lastUserId, accounts, sessions } = await endSessionsOfNextUsers(runtime.database, batch)
    total.accounts += accounts
    total.sessions += sessions
    runtime.sessionCheck.forget({ kind: 'all' })
    if (lastUserId === null) break
    afterUserId = lastUserId
  }
  report(runtime, total.sessions, { accounts: total.accounts })
  return total
}

/**
 * To be called when the database came back from a backup: what was ended or removed since it was made is alive again in
 * it. Ends every session, replaces every signing key where there are any, and voids a set-up key that was printed.
 */
export async function revokeAfterRestore(
  runtime: Runtime,
): Promise<{ accounts: number; sessions: number; areKeysReplaced: boolean }> {
  const areKeysReplaced = await replaceSigningKeys(runtime)
  await forgetSetupNonce(runtime.database)
  return { ...(await revokeAllSessions(runtime)), areKeysReplaced }
}

function report({ metrics, log }: Runtime, ended: number, whose: Record<string, unknown>): void {
  metrics.count('auth_session_ended', reason, ended)
  log.info({ event: 'sessions_revoked', ended, ...whose }, 'sessions ended by an administrator')
}
