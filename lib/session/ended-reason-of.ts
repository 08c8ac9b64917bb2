import type { Connection } from '#db/connection.ts'
import { findSession } from '#db/queries/sessions.ts'
import type { EndedReason } from './ended-reason.ts'
import { judgeSession } from './session-state.ts'

/** Why a session that was just found to be over has ended. */
export async function endedReasonOf(db: Connection, sessionId: string): Promise<EndedReason> {
  const row = await findSession(db, sessionId)
  const state = row && judgeSession(row)
  return state?.kind === 'ended' ? state.reason : 'unknown'
}
