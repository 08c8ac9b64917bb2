import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import {
  aliveNow,
  epochReason,
  type FlatSessionRow,
  type SessionKind,
  type SessionRow,
  type SessionWithUser,
  sessionColumns,
  unflatten,
} from './session-rows.ts'
import { type UserRow, userColumns } from './users.ts'

const find = statement<{ sessionId: string }, FlatSessionRow>(
  'find_session',
  ({ sessionId }) => sql`
    select ${sessionColumns}, ${userColumns}, ${epochReason}, app_now() as "now"
    from ${sessions} join ${users} on ${users.id} = ${sessions.userId}
    where ${sessions.id} = ${sessionId}`,
)

/** Reads a session with its user; null when there is no such row (never made, purged, or its user removed). */
export async function findSession(db: Connection, sessionId: string): Promise<SessionWithUser | null> {
  const [row] = await db.run(find({ sessionId }))
  return row ? unflatten(row) : null
}

export interface NewSession {
  id: string
  userId: number
  /** The epoch read together with the credential that was verified. */
  verifiedEpoch: number
  kind: SessionKind
  amr: readonly string[]
  remembered: boolean
  idleSeconds: number
  absoluteSeconds: number
  device: string | null
  userAgent: string | null
  clientAddress: string | null
  /** A session that ends as this one begins, or null. */
  replacesSessionId: string | null
}

const insert = statement<NewSession, { createdAt: Date; idleUntil: Date; expiresAt: Date }>(
  'insert_session',
  // FOR SHARE waits for an epoch change in flight and then reads the new epoch: without it, a sign-in with the old
  // password would survive the password change that overtakes it.
  (p) => sql`
    with subject as (
      select id, session_epoch from ${users}
      where ${users.id} = ${p.userId} and ${users.sessionEpoch} = ${p.verifiedEpoch}
        and ${users.disabledAt} is null and ${users.deletedAt} is null
      for share
    ), replaced as (
      update ${sessions} set ended_at = app_now(), ended_reason = 'signed_out'
      where ${sessions.id} = ${p.replacesSessionId}::uuid and ${sessions.endedAt} is null
        and exists (select from subject)
    )
    insert into ${sessions} (id, user_id, kind, session_epoch, amr, remembered, idle_seconds, idle_until,
      expires_at, device, user_agent, client_address)
    select ${p.id}::uuid, subject.id, ${p.kind}, subject.session_epoch, ${p.amr}::text[], ${p.remembered}::boolean,
      ${p.idleSeconds}::integer,
      app_now() + make_interval(secs => least(${p.idleSeconds}::integer, ${p.absoluteSeconds}::integer)),
      app_now() + make_interval(secs => ${p.absoluteSeconds}::integer),
      ${p.device}, ${p.userAgent}, ${p.clientAddress}::inet
    from subject
    returning ${sessions.createdAt} as "createdAt", ${sessions.idleUntil} as "idleUntil",
      ${sessions.expiresAt} as "expiresAt"`,
)

/** Inserts a session. Null when the user may not have one now: disabled, deleted, or in another epoch meanwhile. */
export async function insertSession(db: Connection, session: NewSession) {
  const [row] = await db.run(insert(session))
  return row ?? null
}

export type ListedSession = Omit<SessionRow, 'generation' | 'supersededAt' | 'endedAt' | 'endedReason'>

const list = statement<{ userId: number }, Omit<FlatSessionRow, keyof UserRow | 'epochReason' | 'now'>>(
  'list_live_sessions',
  ({ userId }) => sql`
    select ${sessionColumns} from ${sessions} join ${users} on ${users.id} = ${sessions.userId}
    where ${sessions.userId} = ${userId} and ${aliveNow}
    order by ${sessions.lastUsedAt} desc, ${sessions.id}`,
)

/** The live sessions of a user, the last used first. */
export async function listLiveSessions(db: Connection, userId: number): Promise<ListedSession[]> {
  const rows = await db.run(list({ userId }))
  return rows.map(({ sessionId, sessionCreatedAt, ...row }) => ({
    ...row,
    id: sessionId,
    createdAt: sessionCreatedAt,
  }))
}
