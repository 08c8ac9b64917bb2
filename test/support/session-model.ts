import type { EndedReason } from '#lib/session/ended-reason.ts'

/**
 * What the session engine promises, without any of its machinery: about a hundred lines that a person can check against
 * the documents. Times are seconds since the start of the run.
 */
export interface ModelUser {
  epoch: number
  /** Why each epoch began; the sessions of the one before ended for it. */
  reasons: Map<number, EndedReason>
  isDisabled: boolean
  roles: Set<string>
}

export interface ModelSession {
  user: ModelUser
  kind: 'bearer' | 'cookie'
  epoch: number
  generation: number
  supersededAt: number[]
  idleUntil: number
  expiresAt: number
  ended: EndedReason | null
}

export type Expected = { status: 200 } | { status: number; code: string; reason?: EndedReason }

const day = 86_400
const idleSeconds = 7 * day
const absoluteSeconds = 30 * day
const idleTolerance = 60
const accessSeconds = 600
const leeway = 30
const graceSeconds = 10
const lostAnswerSeconds = 300

export function begin(user: ModelUser, kind: ModelSession['kind'], now: number): ModelSession {
  const own = { user, kind, epoch: user.epoch, generation: 1, supersededAt: [] }
  return { ...own, idleUntil: now + idleSeconds, expiresAt: now + absoluteSeconds, ended: null }
}

/** Null while it lives. */
export function endingOf(session: ModelSession, now: number): EndedReason | null {
  if (session.ended) return session.ended
  if (session.epoch !== session.user.epoch) return session.user.reasons.get(session.epoch + 1) ?? 'unknown'
  if (session.user.isDisabled) return 'user_disabled'
  if (now >= session.expiresAt) return 'expired'
  return now >= session.idleUntil + idleTolerance ? 'idle' : null
}

/** @param issuedAt  of the access token that is presented */
export function authenticate(session: ModelSession, issuedAt: number, now: number): Expected {
  const reason = endingOf(session, now)
  if (reason) return sessionEnded(reason)
  if (session.kind === 'bearer') {
    const tokenEnd = Math.min(issuedAt + accessSeconds, session.expiresAt)
    if (now >= tokenEnd + leeway) return { status: 401, code: 'token_expired' }
  } else extend(session, now)
  return { status: 200 }
}

/** @returns what the client is told; the session has moved on, or has ended */
export function refresh(session: ModelSession, generation: number, now: number): Expected {
  const reason = endingOf(session, now)
  if (reason) return sessionEnded(reason)
  if (session.kind === 'bearer' && generation < session.generation) {
    const behind = session.generation - generation
    const supersededAt = session.supersededAt[behind - 1]
    const window = behind === 1 ? lostAnswerSeconds : graceSeconds
    if (supersededAt !== undefined && now - supersededAt <= window) return { status: 200 }
    session.ended = 'refresh_reuse'
    return sessionEnded('refresh_reuse')
  }
  if (session.kind === 'bearer') {
    const isAhead = generation > session.generation
    session.supersededAt = isAhead ? [now, now, now, now] : [now, ...session.supersededAt].slice(0, 4)
    session.generation = generation + 1
  }
  extend(session, now)
  return { status: 200 }
}

/** Ends everything of the user but `kept`. */
export function moveEpoch(user: ModelUser, kept: ModelSession | null, reason: EndedReason): void {
  user.epoch += 1
  user.reasons.set(user.epoch, reason)
  if (kept) kept.epoch = user.epoch
}

function extend(session: ModelSession, now: number): void {
  session.idleUntil = Math.min(session.expiresAt, Math.max(session.idleUntil, now + idleSeconds))
}

function sessionEnded(reason: EndedReason): Expected {
  return { status: 401, code: 'session_ended', reason }
}
