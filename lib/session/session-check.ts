import type { Change } from '#db/change-listener.ts'
import type { SessionWithUser } from '#db/queries/session-rows.ts'
import type { MaybePromise } from '#lib/runtime/in-turn.ts'
import type { EndedReason } from './ended-reason.ts'
import { judgeSession } from './session-state.ts'
import type { SnapshotLoader } from './snapshot-loader.ts'

/** What a verified credential says of its session. `issuedAt` is in seconds. */
export interface CheckedCredential {
  sessionId: string
  subject: string
  issuedAt: number
  sessionEpoch: number
}

/** What a check says of a session; a snapshot is never changed after it was handed out. */
export type SessionVerdict =
  | { kind: 'alive'; snapshot: SessionWithUser }
  | { kind: 'ended'; reason: EndedReason }
  /** This check cannot tell; ask one that reads the database. */
  | { kind: 'ask' }

/** Answers whether a session lives. Throws what the database throws: no answer is never a yes. */
export interface SessionCheck {
  check(credential: CheckedCredential): MaybePromise<SessionVerdict>
  /** To be called by whoever ends something, after COMMIT and before it says so: this process refuses it from now on. */
  forget(change: Change): void
}

/** Reads the database at every check: LIVE_VIEW=off. */
export function createDatabaseSessionCheck(loader: SnapshotLoader): SessionCheck {
  return {
    check: async ({ sessionId, subject }) => judgeSnapshot(await loader.load(sessionId), subject),
    forget: () => {},
  }
}

/** Judges a row that was read just now. */
export function judgeSnapshot(snapshot: SessionWithUser | null, subject: string): SessionVerdict {
  if (!snapshot || String(snapshot.user.id) !== subject) return { kind: 'ended', reason: 'unknown' }
  const state = judgeSession(snapshot)
  return state.kind === 'alive' ? { kind: 'alive', snapshot } : state
}
