import { idleToleranceSeconds, type SessionWithUser } from '#db/queries/session-rows.ts'
import { type EndedReason, toEndedReason } from './ended-reason.ts'

/** Whether a session lives, and if not, why. */
export type SessionState = { kind: 'alive' } | { kind: 'ended'; reason: EndedReason }

/**
 * Judges a session by its row, whose ends are those of the row and of the user's roles, its user and the database's
 * time. Pure; the SQL condition `aliveNow` says the same, and a test holds the two together.
 */
export function judgeSession({ session, user, epochReason, now }: SessionWithUser): SessionState {
  if (session.endedAt) return ended(toEndedReason(session.endedReason))
  if (session.epoch !== user.sessionEpoch) return ended(toEndedReason(epochReason))
  if (user.deletedAt) return ended('user_deleted')
  if (user.disabledAt) return ended('user_disabled')
  if (session.expiresAt <= now) return ended('expired')
  // Another process may hold a touch that is not written yet.
  if (session.idleUntil.getTime() + idleToleranceSeconds * 1000 <= now.getTime()) return ended('idle')
  return { kind: 'alive' }
}

function ended(reason: EndedReason): SessionState {
  return { kind: 'ended', reason }
}
