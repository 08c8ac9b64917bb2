import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import {
  mailMessages,
  oneTimeLinks,
  passwordCredentials,
  pendingRegistrations,
  roles,
  userRoles,
  users,
} from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { forgetting } from './forgetting.ts'
import { intoOutbox, type OutboxRows } from './mail-outbox.ts'
import { createdUserColumns, type UserRow } from './users.ts'

export interface NewRegistration {
  id: string
  email: string
  username: string
  passwordHash: string
  lifetimeSeconds: number
  mail: OutboxRows
  clientAddress: string | null
}

const insert = statement<NewRegistration, { id: string }>(
  'insert_pending_registration',
  (p) => sql`
    with outlived as (
      delete from ${pendingRegistrations}
      where lower(${pendingRegistrations.username}) = lower(${p.username})
        and ${pendingRegistrations.expiresAt} <= app_now()
      returning ${pendingRegistrations.id}
    ), reserved as (
      insert into ${pendingRegistrations} (id, email, username, password_hash, client_address, expires_at)
      select ${p.id}::uuid, ${p.email}, ${p.username}, ${p.passwordHash}, ${p.clientAddress}::inet,
        app_now() + make_interval(secs => ${p.lifetimeSeconds}::integer)
      -- The count is asked for so that what it counts is gone before the name is taken again.
      where (select count(*) from outlived) >= 0
        and not exists (select from ${users} where lower(${users.username}) = lower(${p.username}))
      returning id
    ), ${intoOutbox(p.mail, sql`select null::bigint, id from reserved`)}
    select id from reserved`,
)

/**
 * Keeps a registration until its mailbox is proven, and its user name with it. Does not look whether an account has the
 * address: whoever asks must not learn it, not even by the time that it takes.
 *
 * @returns false when an account has the user name
 * @throws the unique violation of `constraints.pendingUsername`
 */
export async function insertPendingRegistration(
  db: Connection,
  registration: NewRegistration,
): Promise<boolean> {
  return (await db.run(insert(registration))).length === 1
}

export interface ReservedName {
  /** Of the registration that waits. */
  id: string
  email: string
  passwordHash: string
}

const findReserved = statement<{ username: string }, ReservedName>(
  'find_reserved_name',
  ({ username }) => sql`
    select ${pendingRegistrations.id} as "id", ${pendingRegistrations.email} as "email",
      ${pendingRegistrations.passwordHash} as "passwordHash"
    from ${pendingRegistrations}
    where lower(${pendingRegistrations.username}) = lower(${username}) and ${pendingRegistrations.expiresAt} > app_now()`,
)

/** The registration in waiting that holds a user name, or null. */
export async function findReservedName(db: Connection, username: string): Promise<ReservedName | null> {
  const [row] = await db.run(findReserved({ username }))
  return row ?? null
}

const replace = statement<NewRegistration & { replacedId: string }, { id: string }>(
  'replace_pending_registration',
  (p) => sql`
    with replaced as (
      delete from ${pendingRegistrations}
      where ${pendingRegistrations.id} = ${p.replacedId}::uuid and ${pendingRegistrations.expiresAt} > app_now()
        and not exists (select from ${users} where lower(${users.username}) = lower(${p.username}))
      returning ${pendingRegistrations.id}
    ), reserved as (
      insert into ${pendingRegistrations} (id, email, username, password_hash, client_address, expires_at)
      select ${p.id}::uuid, ${p.email}, ${p.username}, ${p.passwordHash}, ${p.clientAddress}::inet,
        app_now() + make_interval(secs => ${p.lifetimeSeconds}::integer)
      where (select count(*) from replaced) = 1
      returning id
    ), ${intoOutbox(p.mail, sql`select null::bigint, id from reserved`)}
    select id from reserved`,
)

/**
 * Puts a registration in the place of another one of the same user name, whose messages and links are gone.
 *
 * @returns false when that one waits no longer, or an account has the user name
 */
export async function replacePendingRegistration(
  db: Connection,
  registration: NewRegistration & { replacedId: string },
): Promise<boolean> {
  return (await db.run(replace(registration))).length === 1
}

export interface PendingRegistration {
  id: string
  email: string
  username: string
  createdAt: Date
  clientAddress: string | null
}

const find = statement<{ id: string }, PendingRegistration>(
  'find_pending_registration',
  ({ id }) => sql`
    select ${pendingRegistrations.id} as "id", ${pendingRegistrations.email} as "email",
      ${pendingRegistrations.username} as "username", ${pendingRegistrations.createdAt} as "createdAt",
      host(${pendingRegistrations.clientAddress}) as "clientAddress"
    from ${pendingRegistrations}
    where ${pendingRegistrations.id} = ${id} and ${pendingRegistrations.expiresAt} > app_now()`,
)

/** A registration that still waits, or null. */
export async function findPendingRegistration(
  db: Connection,
  id: string,
): Promise<PendingRegistration | null> {
  const [row] = await db.run(find({ id }))
  return row ?? null
}

const complete = statement<{ id: string; roles: readonly string[]; event: string | null }, UserRow>(
  'complete_registration',
  (p) => sql`
    with pending as (
      select email, username, password_hash from ${pendingRegistrations}
      where ${pendingRegistrations.id} = ${p.id} and ${pendingRegistrations.expiresAt} > app_now() for update
    ), created as (
      insert into ${users} (email, username, email_verified_at) select email, username, app_now() from pending
      returning *
    ), credential as (
      insert into ${passwordCredentials} (user_id, password_hash) select created.id, password_hash from created, pending
    ), granted as (
      insert into ${userRoles} (user_id, role_id)
      select created.id, ${roles.id} from created, ${roles} where ${roles.name} = any(${p.roles})
      returning role_id
    ), recorded as (${recordEvent(p.event, sql`created`, { userId: sql`created.id` })}
    )
    select ${createdUserColumns} from created`,
)

const keepMail = statement<{ id: string; userId: number }>(
  'keep_mail_of_registration',
  (p) => sql`
    with kept as (
      update ${oneTimeLinks} set user_id = ${p.userId}, pending_registration_id = null
      where ${oneTimeLinks.pendingRegistrationId} = ${p.id}
    )
    update ${mailMessages} set user_id = ${p.userId}, pending_registration_id = null
    where ${mailMessages.pendingRegistrationId} = ${p.id}`,
)

const removeOf = statement<{ email: string }>(
  'remove_registrations_of_address',
  ({ email }) =>
    sql`delete from ${pendingRegistrations} where lower(${pendingRegistrations.email}) = lower(${email})`,
)

/**
 * Makes a registration an account, whose address is proven; others that wait for the same mailbox are over. Call it in
 * the transaction that uses the link.
 *
 * @returns null when it waits no longer
 * @throws the unique violations of `constraints`, when somebody else was first
 */
export async function completeRegistration(
  transaction: Connection,
  { event, ...registration }: { id: string; roles: readonly string[]; event: NewAuditEvent },
): Promise<UserRow | null> {
  const [user] = await transaction.run(complete({ ...registration, event: writeAuditEvent(event) }))
  if (!user) return null
  await transaction.run(keepMail({ id: registration.id, userId: user.id }))
  await removeRegistrationsOf(transaction, user.email)
  return user
}

/** Removes the registrations that wait for a mailbox which somebody has proven to have. */
export async function removeRegistrationsOf(db: Connection, email: string): Promise<void> {
  await db.run(removeOf({ email }))
}

const remove = statement<{ id: string; event: string | null }, { id: string }>(
  'remove_registration',
  (p) => sql`
    with removed as (delete from ${pendingRegistrations} where ${pendingRegistrations.id} = ${p.id} returning id),
    recorded as (${recordEvent(p.event, sql`removed`)}
    )
    select id from removed`,
)

/** Removes a registration that its mailbox does not want, with its message and link. */
export async function removeRegistration(
  db: Connection,
  { id, event }: { id: string; event: NewAuditEvent },
): Promise<boolean> {
  return (await db.run(remove({ id, event: writeAuditEvent(event) }))).length === 1
}

const removeUnproven = statement<
  { userId: number | null; email: string | null; besidesUserId: number | null; event: string | null },
  { id: number }
>(
  'remove_unproven_account',
  (p) => sql`
    with removed as (
      delete from ${users}
      where (${users.id} = ${p.userId}::bigint
          or lower(${users.email}) = lower(${p.email}::text) and ${users.id} <> ${p.besidesUserId}::bigint
            and not exists (
              select from ${userRoles} join ${roles} on ${roles.id} = ${userRoles.roleId} and ${roles.name} = 'ADMIN'
              where ${userRoles.userId} = ${users.id}))
        and ${users.emailVerifiedAt} is null
      returning id, email
    ), ${forgetting(sql`removed`)}, recorded as (${recordEvent(p.event, sql`removed`, { details: sql`jsonb_build_object('user_id', removed.id)` })}
    )
    select id from removed`,
)

/** Removes an account whose mailbox was never proven, with everything that belongs to it; false when it was. */
export async function removeUnprovenAccount(
  db: Connection,
  { userId, event }: { userId: number; event: NewAuditEvent },
): Promise<boolean> {
  const account = { userId, email: null, besidesUserId: null }
  return (await db.run(removeUnproven({ ...account, event: writeAuditEvent(event) }))).length === 1
}

/**
 * The same for another account that has an address, for somebody who proves the mailbox. An administrator, whom another
 * one made that, stays.
 *
 * @returns its id; null when there is none to remove
 */
export async function removeUnprovenAccountAt(
  db: Connection,
  { event, ...account }: { email: string; besidesUserId: number; event: NewAuditEvent },
): Promise<number | null> {
  const [row] = await db.run(removeUnproven({ ...account, userId: null, event: writeAuditEvent(event) }))
  return row?.id ?? null
}

const purge = statement<object>(
  'purge_pending_registrations',
  () => sql`delete from ${pendingRegistrations} where ${pendingRegistrations.expiresAt} < app_now()`,
)

/** Removes registrations whose mailbox was never proven. */
export async function purgePendingRegistrations(db: Connection): Promise<void> {
  await db.run(purge({}))
}
