import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { passwordCredentials, pendingRegistrations, roles, userRoles, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { intoOutbox, type OutboxRows } from './mail-outbox.ts'

export interface UserRow {
  id: number
  email: string
  username: string
  emailVerifiedAt: Date | null
  disabledAt: Date | null
  deletedAt: Date | null
  sessionEpoch: number
  createdAt: Date
  /** Upper-case names, sorted. */
  roles: string[]
}

export interface SignInCandidate extends UserRow {
  /** Null for an account without a password. */
  passwordHash: string | null
}

/** The columns of a {@link UserRow} but the roles, for a statement that selects from users. */
export const ownUserColumns = sql`
  ${users.id} as "id", ${users.email} as "email", ${users.username} as "username",
  ${users.emailVerifiedAt} as "emailVerifiedAt", ${users.disabledAt} as "disabledAt",
  ${users.deletedAt} as "deletedAt", ${users.sessionEpoch} as "sessionEpoch", ${users.createdAt} as "createdAt"`

/** The columns of a {@link UserRow}, for a statement that selects from users. */
export const userColumns = sql`
  ${ownUserColumns},
  array(select ${roles.name} from ${userRoles} join ${roles} on ${roles.id} = ${userRoles.roleId}
    where ${userRoles.userId} = ${users.id} order by ${roles.name}) as "roles"`

export interface SignInLookup {
  candidate: SignInCandidate | null
  /** The identifier as the database compares it: two that mean the same account are the same here. Null for none. */
  folded: string | null
  /** Of the registration that waits for proof of its mailbox under this identifier, the newest; null for none. */
  pendingHash: string | null
}

/** Also whoever deleted the account a while ago: the sign-in takes it back. */
const maySignIn = sql`(${users.deletedAt} is null or ${users.eraseAt} > app_now())`

type LookupRow = Omit<SignInLookup, 'candidate'> & (SignInCandidate | { id: null })

/** The look-up by one of the columns that name an account, and a registration in waiting. */
function lookUpBy(column: 'email' | 'username') {
  return statement<{ identifier: string | null }, LookupRow>(
    `find_sign_in_candidate_by_${column}`,
    ({ identifier }) => sql`
      select presented.folded, ${userColumns}, ${passwordCredentials.passwordHash} as "passwordHash",
        (select pending.password_hash from ${pendingRegistrations} pending
          where lower(pending.${sql.identifier(column)}) = presented.folded and pending.expires_at > app_now()
          order by pending.created_at desc limit 1) as "pendingHash"
      from (select lower(${identifier}::text) as folded) presented
      left join ${users} on lower(${users[column]}) = presented.folded and ${maySignIn}
      left join ${passwordCredentials} on ${passwordCredentials.userId} = ${users.id}`,
  )
}

const findByEmail = lookUpBy('email')
const findByUsername = lookUpBy('username')

/**
 * Finds the account that an identifier means: an address when it has an `@`, else a user name; null means nobody and
 * costs the same. Letter case is folded here only: what lower() makes of a letter depends on the locale of the
 * database, and its unique indexes are made with it.
 * The hash and the epoch are read together, so a session can be bound to the credential that was verified.
 */
export async function findSignInCandidate(db: Connection, identifier: string | null): Promise<SignInLookup> {
  const find = identifier?.includes('@') ? findByEmail : findByUsername
  const [row] = await db.run(find({ identifier }))
  if (!row) throw new Error('the look-up of an identifier returned no row')
  const { folded, pendingHash, ...candidate } = row
  return { folded, pendingHash, candidate: candidate.id === null ? null : candidate }
}

/** The columns of a {@link UserRow}, for a statement that has just made it: `created`, with the roles `granted`. */
export const createdUserColumns = sql`
  created.id, created.email, created.username, created.email_verified_at as "emailVerifiedAt",
  created.disabled_at as "disabledAt", created.deleted_at as "deletedAt",
  created.session_epoch as "sessionEpoch", created.created_at as "createdAt",
  array(select ${roles.name} from ${roles} join granted on granted.role_id = ${roles.id} order by 1) as "roles"`

export interface NewUser {
  email: string
  username: string
  passwordHash: string
  /** Names of roles; names that do not exist are passed over, so check them at the start. */
  roles: readonly string[]
  /** Written with it. */
  event: NewAuditEvent
  /** Messages to it, written with it. */
  mail: OutboxRows
  /** True where somebody else vouches for the address. */
  isVerified: boolean
}

const insert = statement<Omit<NewUser, 'event'> & { event: string | null }, UserRow>(
  'insert_user_with_password',
  (p) => sql`
    with created as (
      insert into ${users} (email, username, email_verified_at)
      values (${p.email}, ${p.username}, case when ${p.isVerified}::boolean then app_now() end) returning *
    ), credential as (
      insert into ${passwordCredentials} (user_id, password_hash) select id, ${p.passwordHash} from created
    ), granted as (
      insert into ${userRoles} (user_id, role_id)
      select created.id, ${roles.id} from created, ${roles} where ${roles.name} = any(${p.roles})
      returning role_id
    ), recorded as (${recordEvent(p.event, sql`created`, { userId: sql`created.id` })}
    ), ${intoOutbox(p.mail, sql`select id, null::uuid from created`)}
    select ${createdUserColumns} from created`,
)

/** Inserts user, password and roles in one statement. Raises the unique violations of `constraints`. */
export async function insertUserWithPassword(db: Connection, user: NewUser): Promise<UserRow> {
  const [row] = await db.run(insert({ ...user, event: writeAuditEvent(user.event) }))
  if (!row) throw new Error('the insert of a user returned no row')
  return row
}

const findCredential = statement<{ userId: number }, { passwordHash: string; sessionEpoch: number }>(
  'find_password_credential',
  ({ userId }) => sql`
    select ${passwordCredentials.passwordHash} as "passwordHash", ${users.sessionEpoch} as "sessionEpoch"
    from ${users} join ${passwordCredentials} on ${passwordCredentials.userId} = ${users.id}
    where ${users.id} = ${userId}`,
)

/** The hash with the epoch it was read at; null for an account without a password. */
export async function findPasswordCredential(db: Connection, userId: number) {
  const [row] = await db.run(findCredential({ userId }))
  return row ?? null
}

const replaceHash = statement<{ userId: number; verifiedHash: string; newHash: string }, { replaced: true }>(
  'replace_password_hash',
  (p) => sql`
    update ${passwordCredentials} set password_hash = ${p.newHash}, changed_at = app_now()
    where ${passwordCredentials.userId} = ${p.userId} and ${passwordCredentials.passwordHash} = ${p.verifiedHash}
    returning true as replaced`,
)

/**
 * Replaces the hash that was verified. False when it is no longer the stored one: somebody changed the password
 * meanwhile, and that change stays.
 */
export async function replacePasswordHash(
  db: Connection,
  change: { userId: number; verifiedHash: string; newHash: string },
): Promise<boolean> {
  const rows = await db.run(replaceHash(change))
  return rows.length === 1
}

const sampleHashes = statement<{ size: number }, { passwordHash: string }>(
  'sample_password_hashes',
  ({ size }) => sql`
    select ${passwordCredentials.passwordHash} as "passwordHash" from ${passwordCredentials}
    order by ${passwordCredentials.userId} desc limit ${size}`,
)

const sampleOldHashes = statement<{ size: number }, { passwordHash: string }>(
  'sample_old_password_hashes',
  ({ size }) => sql`
    select ${passwordCredentials.passwordHash} as "passwordHash" from ${passwordCredentials}
    order by ${passwordCredentials.userId} limit ${size}`,
)

/** Up to `size` hashes from each end of the table: enough to know which schemes are still about. */
export async function samplePasswordHashes(db: Connection, size: number): Promise<string[]> {
  const rows = [...(await db.run(sampleHashes({ size }))), ...(await db.run(sampleOldHashes({ size })))]
  return rows.map((row) => row.passwordHash)
}

const findById = statement<{ userId: number }, UserRow>(
  'find_user',
  ({ userId }) => sql`select ${userColumns} from ${users} where ${users.id} = ${userId}`,
)

/** An account by its id, also a disabled or deleted one. */
export async function findUser(db: Connection, userId: number): Promise<UserRow | null> {
  const [row] = await db.run(findById({ userId }))
  return row ?? null
}
