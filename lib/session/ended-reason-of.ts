import { findSession } from '#db/queries/sessions.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { EndedReason } from './ended-reason.ts'
import { judgeSession } from './session-state.ts'

/** Why a session that was just found to be over has ended. */
export async function endedReasonOf(
  { database, config }: Pick<Runtime, 'database' | 'config'>,
  sessionId: string,
): Promise<EndedReason> {
  const row = await findSession(database, sessionId, config.session.roleLimits)
  const state = row && judgeSession(row)
  return state?.kind === 'ended' ? state.reason : 'unknown'
}
