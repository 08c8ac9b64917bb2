import { sql } from 'drizzle-orm'
import { sessionEpochs, sessions, users } from '../schema.ts'
import type { UserRow } from './users.ts'

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
  idleUntil: Date
  expiresAt: Date
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

export const sessionColumns = sql`
  ${sessions.id} as "sessionId", ${sessions.userId} as "userId", ${sessions.kind} as "kind",
  ${sessions.generation} as "generation", ${sessions.supersededAt} as "supersededAt",
  ${sessions.sessionEpoch} as "epoch", ${sessions.amr} as "amr",
  ${sessions.authenticatedAt} as "authenticatedAt", ${sessions.createdAt} as "sessionCreatedAt",
  ${sessions.lastUsedAt} as "lastUsedAt", ${sessions.idleUntil} as "idleUntil", ${sessions.expiresAt} as "expiresAt",
  ${sessions.remembered} as "remembered",
  ${sessions.endedAt} as "endedAt", ${sessions.endedReason} as "endedReason", ${sessions.device} as "device",
  ${sessions.clientAddress} as "clientAddress"`

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

/** Seconds by which idle_until may be overrun before a session counts as idle: another process may hold the touch. */
export const idleToleranceSeconds = 60

/** True for a row of sessions, joined with its user, that judgeSession() would call alive. */
export const aliveNow = sql`(
  ${sessions.endedAt} is null and ${sessions.expiresAt} > app_now()
  and ${sessions.idleUntil} + make_interval(secs => ${sql.raw(String(idleToleranceSeconds))}) > app_now()
  and ${sessions.sessionEpoch} = ${users.sessionEpoch}
  and ${users.disabledAt} is null and ${users.deletedAt} is null)`
