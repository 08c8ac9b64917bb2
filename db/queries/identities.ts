import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { identities, passwordCredentials, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { intoOutbox, type OutboxRows } from './mail-outbox.ts'
import { type UserRow, userColumns } from './users.ts'

/** What names an account elsewhere, and the only thing that does. */
export interface IdentityKey {
  issuer: string
  subject: string
}

export interface NewIdentity extends IdentityKey {
  id: string
  provider: string
  /** Only shown. */
  email: string | null
}

/** An account with what a sign-in has to know of its end. */
export interface AccountForSignIn extends UserRow {
  /** Deleted by its owner a while ago: a sign-in takes it back. */
  mayRestore: boolean
}

const accountColumns = sql`
  ${userColumns}, coalesce(${users.deletedAt} is not null and ${users.eraseAt} > app_now(), false) as "mayRestore"`

const findOwner = statement<IdentityKey, AccountForSignIn>(
  'find_owner_of_identity',
  (p) => sql`
    select ${accountColumns} from ${identities} join ${users} on ${users.id} = ${identities.userId}
    where ${identities.issuer} = ${p.issuer} and ${identities.subject} = ${p.subject}`,
)

/** Whose identity it is, also a disabled or deleted account; null for nobody's. */
export async function findOwnerOfIdentity(
  db: Connection,
  key: IdentityKey,
): Promise<AccountForSignIn | null> {
  const [row] = await db.run(findOwner({ issuer: key.issuer, subject: key.subject }))
  return row ?? null
}

const findByAddress = statement<{ email: string }, AccountForSignIn>(
  'find_account_of_address',
  ({ email }) => sql`select ${accountColumns} from ${users} where lower(${users.email}) = lower(${email})`,
)

/** The account that has an address, also a disabled or deleted one; null for none. */
export async function findAccountOfAddress(db: Connection, email: string): Promise<AccountForSignIn | null> {
  const [row] = await db.run(findByAddress({ email }))
  return row ?? null
}

const noteUse = statement<IdentityKey & { email: string | null }>(
  'note_use_of_identity',
  (p) => sql`
    update ${identities} set last_used_at = app_now(), email = coalesce(${p.email}, ${identities.email})
    where ${identities.issuer} = ${p.issuer} and ${identities.subject} = ${p.subject}`,
)

/** Notes that somebody signed in with it, and the address that its provider names by now. */
export async function noteIdentityUse(
  db: Connection,
  { issuer, subject, email }: IdentityKey & { email: string | null },
): Promise<void> {
  await db.run(noteUse({ issuer, subject, email }))
}

interface LinkParameters extends NewIdentity {
  userId: number
  verifiedEpoch: number
  event: string | null
  mail: OutboxRows
}

const link = statement<LinkParameters, { linked: true }>(
  'link_identity',
  (p) => sql`
    with subject as (
      select id from ${users}
      where ${users.id} = ${p.userId} and ${users.sessionEpoch} = ${p.verifiedEpoch}
        and ${users.disabledAt} is null and ${users.deletedAt} is null
      for no key update
    ), inserted as (
      insert into ${identities} (id, user_id, issuer, subject, provider, email)
      select ${p.id}::uuid, subject.id, ${p.issuer}, ${p.subject}, ${p.provider}, ${p.email} from subject
      on conflict (issuer, subject) do nothing
      returning user_id
    ), recorded as (${recordEvent(p.event, sql`inserted`, { userId: sql`inserted.user_id` })}
    ), ${intoOutbox(p.mail, sql`select user_id, null::uuid from inserted`)}
    select true as linked from inserted`,
)

/**
 * Links an identity to an account.
 *
 * @param to  with the epoch of the session that asks
 * @returns false when somebody has the identity, or everything of the account was ended meanwhile
 */
export async function linkIdentity(
  db: Connection,
  identity: NewIdentity,
  to: { userId: number; verifiedEpoch: number; event: NewAuditEvent; mail: OutboxRows },
): Promise<boolean> {
  const rows = await db.run(link({ ...identity, ...to, event: writeAuditEvent(to.event) }))
  return rows.length === 1
}

const lockUser = statement<{ userId: number }>(
  'lock_user_of_identities',
  ({ userId }) => sql`select from ${users} where ${users.id} = ${userId} for no key update`,
)

/**
 * Locks the account that identities belong to. First in a transaction that takes some away: a statement that waits for
 * the lock by itself does not see what was connected while it waited.
 */
export async function lockOwnerOfIdentities(transaction: Connection, userId: number): Promise<void> {
  await transaction.run(lockUser({ userId }))
}

interface UnlinkParameters {
  id: string
  userId: number
  event: string | null
  mail: OutboxRows
}

const unlink = statement<UnlinkParameters, { provider: string }>(
  'unlink_identity',
  (p) => sql`
    with removed as (
      delete from ${identities}
      where ${identities.id} = ${p.id}::uuid and ${identities.userId} = ${p.userId}
        and (exists (select from ${passwordCredentials} where ${passwordCredentials.userId} = ${p.userId})
          or exists (select from ${identities} other where other.user_id = ${p.userId} and other.id <> ${p.id}::uuid))
      returning user_id, provider
    ), recorded as (${recordEvent(p.event, sql`removed`, {
      userId: sql`removed.user_id`,
      details: sql`jsonb_build_object('provider', removed.provider)`,
    })}
    ), ${intoOutbox(p.mail, sql`select user_id, null::uuid from removed`)}
    select provider from removed`,
)

/**
 * Unlinks an identity, unless it is the last way in to the account. Call it in a transaction: the account is locked
 * first, or two that go at once would each count the other.
 *
 * @returns false when it is the last way in, or none of the account's
 */
export async function unlinkIdentity(
  transaction: Connection,
  of: { id: string; userId: number; event: NewAuditEvent; mail: OutboxRows },
): Promise<boolean> {
  await lockOwnerOfIdentities(transaction, of.userId)
  const rows = await transaction.run(unlink({ ...of, event: writeAuditEvent(of.event) }))
  return rows.length === 1
}

export interface LinkedIdentity extends IdentityKey {
  id: string
  provider: string
  email: string | null
  linkedAt: Date
  lastUsedAt: Date | null
}

const list = statement<{ userId: number }, LinkedIdentity>(
  'list_identities',
  ({ userId }) => sql`
    select ${identities.id} as "id", ${identities.issuer} as "issuer", ${identities.subject} as "subject",
      ${identities.provider} as "provider", ${identities.email} as "email",
      ${identities.linkedAt} as "linkedAt", ${identities.lastUsedAt} as "lastUsedAt"
    from ${identities} where ${identities.userId} = ${userId} order by ${identities.linkedAt}, ${identities.id}`,
)

/** The identities of an account, the first linked first. */
export function listIdentities(db: Connection, userId: number): Promise<LinkedIdentity[]> {
  return db.run(list({ userId }))
}

const hasCredential = statement<{ userId: number }, { found: true }>(
  'has_password_credential',
  ({ userId }) => sql`
    select true as found from ${passwordCredentials} where ${passwordCredentials.userId} = ${userId}`,
)

/** False for an account whose owner signs in with others only. */
export async function hasPassword(db: Connection, userId: number): Promise<boolean> {
  return (await db.run(hasCredential({ userId }))).length === 1
}
