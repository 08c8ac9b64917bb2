import { sql } from 'drizzle-orm'
import { sessionEpochs, sessions, users } from '../schema.ts'
import { ownUserColumns, type UserRow } from './users.ts'

export type SessionKind = 'bearer' | 'cookie'

export interface SessionRow {
  id: string
  userId: number
  kind: SessionKind
  generation: number
  supersededAt: Date[]
  /** The epoch it was made in; it lives only while this is the user's. */
  epoch: number
  amr: string[]
  authenticatedAt: Date
  createdAt: Date
  lastUsedAt: Date
  /** When disuse ends it, and when it ends in any case: the earliest of what the row and the user's roles say. */
  idleUntil: Date
  expiresAt: Date
  /** What the row alone says. A cookie carries this one, so that it stays the same while roles come and go. */
  writtenExpiresAt: Date
  remembered: boolean
  endedAt: Date | null
  endedReason: string | null
  device: string | null
  clientAddress: string | null
}

/** A session with its user, and the database's time of the statement. */
export interface SessionWithUser {
  session: SessionRow
  user: UserRow
  /** Why the user's epoch moved past the session's; null while it has not, or when nobody wrote why. */
  epochReason: string | null
  now: Date
}

/** When a session ends in any case, for a statement that selects from sessions, users and strictestLimits(). */
export const expiresAt = sql`
  least(${sessions.expiresAt}, ${sessions.createdAt} + make_interval(secs => strictest.absolute_seconds))`

const disuseEnd = sql`
  least(${sessions.idleUntil}, ${sessions.lastUsedAt} + make_interval(secs => strictest.idle_seconds))`

/** When disuse ends a session, never after the other, for the same statements. */
export const idleUntil = sql`least(${disuseEnd}, ${expiresAt})`

/** Both as columns. */
export const sessionEnds = sql`
  ${idleUntil} as "idleUntil", ${expiresAt} as "expiresAt", ${sessions.expiresAt} as "writtenExpiresAt"`

/** The columns of a {@link SessionRow}, for a statement that selects from sessions, users and strictestLimits(). */
export const sessionColumns = sql`
  ${sessions.id} as "sessionId", ${sessions.userId} as "userId", ${sessions.kind} as "kind",
  ${sessions.generation} as "generation", ${sessions.supersededAt} as "supersededAt",
  ${sessions.sessionEpoch} as "epoch", ${sessions.amr} as "amr",
  ${sessions.authenticatedAt} as "authenticatedAt", ${sessions.createdAt} as "sessionCreatedAt",
  ${sessions.lastUsedAt} as "lastUsedAt", ${sessionEnds},
  ${sessions.remembered} as "remembered",
  ${sessions.endedAt} as "endedAt", ${sessions.endedReason} as "endedReason", ${sessions.device} as "device",
  ${sessions.clientAddress} as "clientAddress"`

/** The columns of its {@link UserRow}, for the same statements. */
export const sessionUserColumns = sql`${ownUserColumns}, strictest.roles as "roles"`

export const epochReason = sql`
  (select ${sessionEpochs.reason} from ${sessionEpochs}
    where ${sessionEpochs.userId} = ${sessions.userId} and ${sessionEpochs.epoch} = ${sessions.sessionEpoch} + 1)
  as "epochReason"`

export type FlatSessionRow = Omit<SessionRow, 'id' | 'createdAt'> &
  UserRow & { sessionId: string; sessionCreatedAt: Date; epochReason: string | null; now: Date }

export function unflatten(row: FlatSessionRow): SessionWithUser {
  const { sessionId, sessionCreatedAt, epochReason, now, ...rest } = row
  const { id, email, username, emailVerifiedAt, disabledAt, deletedAt, ...others } = rest
  const { sessionEpoch, createdAt, roles, ...session } = others
  return {
    session: { ...session, id: sessionId, createdAt: sessionCreatedAt },
    user: { id, email, username, emailVerifiedAt, disabledAt, deletedAt, sessionEpoch, createdAt, roles },
    epochReason,
    now,
  }
}

/** Seconds by which the idle end may be overrun before a session counts as idle: another process may hold the touch. */
export const idleToleranceSeconds = 60

/** True for a row of sessions, beside its user and strictestLimits(), that judgeSession() would call alive. */
export const aliveNow = sql`(
  ${sessions.endedAt} is null and ${expiresAt} > app_now()
  and ${disuseEnd} + make_interval(secs => ${sql.raw(String(idleToleranceSeconds))}) > app_now()
  and ${sessions.sessionEpoch} = ${users.sessionEpoch}
  and ${users.disabledAt} is null and ${users.deletedAt} is null)`
