import type { Connection } from '#db/connection.ts'
import type { SessionWithUser } from '#db/queries/session-rows.ts'
import { findSession } from '#db/queries/sessions.ts'
import type { EndedReason } from './ended-reason.ts'
import { judgeSession } from './session-state.ts'

/** What a verified credential says of its session. `issuedAt` is in seconds. */
export interface CheckedCredential {
  sessionId: string
  subject: string
  issuedAt: number
  sessionEpoch: number
}

export type SessionVerdict =
  | { kind: 'alive'; snapshot: SessionWithUser }
  | { kind: 'ended'; reason: EndedReason }
  /** This check cannot tell; ask one that reads the database. */
  | { kind: 'ask' }

/** Answers whether a session lives. Throws what the database throws: no answer is never a yes. */
export interface SessionCheck {
  check(credential: CheckedCredential): Promise<SessionVerdict>
}

/** Reads the database at every check. */
export function createDatabaseSessionCheck(db: Connection): SessionCheck {
  return {
    async check({ sessionId, subject }) {
      const snapshot = await findSession(db, sessionId)
      if (!snapshot || String(snapshot.user.id) !== subject) return { kind: 'ended', reason: 'unknown' }
      const state = judgeSession(snapshot)
      return state.kind === 'alive' ? { kind: 'alive', snapshot } : state
    },
  }
}
