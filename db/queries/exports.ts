import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { mailMessages, oneTimeLinks, passwordCredentials, sessions } from '../schema.ts'
import { statement } from '../statement.ts'
import type { SessionKind } from './session-rows.ts'

/** Whose rows, and how many at most. */
interface Wanted {
  userId: number
  limit: number
}

export interface ExportedSession {
  id: string
  kind: SessionKind
  device: string | null
  userAgent: string | null
  clientAddress: string | null
  amr: string[]
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
  endedAt: Date | null
  endedReason: string | null
}

const listSessions = statement<Wanted & { beforeId: string | null }, ExportedSession>(
  'list_session_history',
  (p) => sql`
    select ${sessions.id} as "id", ${sessions.kind} as "kind", ${sessions.device} as "device",
      ${sessions.userAgent} as "userAgent", host(${sessions.clientAddress}) as "clientAddress",
      ${sessions.amr} as "amr", ${sessions.createdAt} as "createdAt", ${sessions.lastUsedAt} as "lastUsedAt",
      ${sessions.expiresAt} as "expiresAt", ${sessions.endedAt} as "endedAt",
      ${sessions.endedReason} as "endedReason"
    from ${sessions}
    where ${sessions.userId} = ${p.userId} and (${p.beforeId}::uuid is null or ${sessions.id} < ${p.beforeId}::uuid)
    order by ${sessions.id} desc limit ${p.limit}`,
)

/**
 * The sessions of a user that are kept, also those that have ended, the newest first.
 *
 * @param wanted.after  the last one of the page before
 */
export function listSessionHistory(
  db: Connection,
  { after, ...wanted }: Wanted & { after: ExportedSession | null },
): Promise<ExportedSession[]> {
  return db.run(listSessions({ ...wanted, beforeId: after?.id ?? null }))
}

export interface ExportedMail {
  id: string
  template: string
  recipient: string
  state: string
  createdAt: Date
  sentAt: Date | null
  /** Of its creation, to the microsecond, which a Date does not keep. */
  position: string
}

const listMail = statement<Wanted & { beforeId: string | null; before: string | null }, ExportedMail>(
  'list_mail_of_user',
  (p) => sql`
    select ${mailMessages.id} as "id", ${mailMessages.template} as "template",
      ${mailMessages.recipient} as "recipient", ${mailMessages.state} as "state",
      ${mailMessages.createdAt} as "createdAt", ${mailMessages.sentAt} as "sentAt",
      ${mailMessages.createdAt}::text as "position"
    from ${mailMessages} where ${mailMessages.userId} = ${p.userId}
      and (${p.before}::timestamptz is null
        or (${mailMessages.createdAt}, ${mailMessages.id}) < (${p.before}::timestamptz, ${p.beforeId}::uuid))
      and (${mailMessages.template} <> 'email_change_confirm' or exists (
        select from ${oneTimeLinks} where ${oneTimeLinks.id} = ${mailMessages.id} and ${oneTimeLinks.usedAt} is not null))
    order by ${mailMessages.createdAt} desc, ${mailMessages.id} desc limit ${p.limit}`,
)

/**
 * The messages to a user, the newest first. Those to an address that was not confirmed are not theirs: whether one was
 * sent there would tell who else has the address.
 *
 * @param wanted.after  the last one of the page before
 */
export function listMailOf(
  db: Connection,
  { after, ...wanted }: Wanted & { after: ExportedMail | null },
): Promise<ExportedMail[]> {
  return db.run(listMail({ ...wanted, beforeId: after?.id ?? null, before: after?.position ?? null }))
}

const changedAt = statement<{ userId: number }, { changedAt: Date }>(
  'find_password_changed_at',
  ({ userId }) => sql`
    select ${passwordCredentials.changedAt} as "changedAt" from ${passwordCredentials}
    where ${passwordCredentials.userId} = ${userId}`,
)

/** Null for an account without a password. */
export async function findPasswordChangedAt(db: Connection, userId: number): Promise<Date | null> {
  const [row] = await db.run(changedAt({ userId }))
  return row?.changedAt ?? null
}
