import { type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { oneTimeLinks, pendingRegistrations, sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import type { LinkPurpose } from './mail-outbox.ts'

export interface LinkRow {
  id: string
  purpose: LinkPurpose
  /** Null for the link of a pending registration. */
  userId: number | null
  pendingRegistrationId: string | null
  /** The address that it was sent to. */
  email: string
  createdAt: Date
  /** Null: never handed to SMTP. */
  handedOverAt: Date | null
  usedAt: Date | null
  voidedAt: Date | null
  /** Database time. */
  now: Date
}

/**
 * False once somebody else ended the session that asked for a link, or everything of its owner was ended: it may have
 * been a thief's. Who signs out by themselves may still open their link.
 *
 * @param link  alias of the table of links
 */
export const isAskerTrusted = (link: SQL) => sql`
  (${link}.session_id is null or exists (
    select from ${sessions} asker join ${users} owner
      on owner.id = asker.user_id and owner.session_epoch = asker.session_epoch
    where asker.id = ${link}.session_id
      and (asker.ended_at is null or asker.ended_reason in ('signed_out', 'idle', 'expired', 'limit'))))`

const linkColumns = (link: SQL) => sql`
  ${link}.id, ${link}.purpose, ${link}.user_id as "userId",
  ${link}.pending_registration_id as "pendingRegistrationId", ${link}.email, ${link}.created_at as "createdAt",
  ${link}.handed_over_at as "handedOverAt", ${link}.used_at as "usedAt",
  case when ${isAskerTrusted(link)} then ${link}.voided_at else app_now() end as "voidedAt",
  app_now() as "now"`

const find = statement<{ id: string; purpose: LinkPurpose }, LinkRow>(
  'find_one_time_link',
  (p) => sql`
    select ${linkColumns(sql`link`)} from ${oneTimeLinks} link
    where link.id = ${p.id}::uuid and link.purpose = ${p.purpose}`,
)

/** Reads a link and changes nothing; null when there is none of this purpose. */
export async function findLink(
  db: Connection,
  link: { id: string; purpose: LinkPurpose },
): Promise<LinkRow | null> {
  const [row] = await db.run(find(link))
  return row ?? null
}

/** Not used, not voided, and handed over less than so many seconds ago. */
const isLive = (lifetimeSeconds: unknown) => sql`
  link.used_at is null and link.voided_at is null and ${isAskerTrusted(sql`link`)}
  and link.handed_over_at > app_now() - make_interval(secs => ${lifetimeSeconds}::integer)`

const consume = statement<{ id: string; purpose: LinkPurpose; lifetimeSeconds: number }, LinkRow>(
  'consume_one_time_link',
  // What is voided with it: every other link of the owner for the same purpose. Of undo links only the younger ones:
  // whoever took over an account and changed its address twice could else take away the way back of its owner.
  (p) => sql`
    with used as (
      update ${oneTimeLinks} link set used_at = app_now()
      where link.id = ${p.id}::uuid and link.purpose = ${p.purpose} and ${isLive(p.lifetimeSeconds)}
      returning link.*
    ), others as (
      -- Passed over when another use holds it: two that wait for each other would both fail.
      select other.id from ${oneTimeLinks} other, used
      where other.id <> used.id and other.purpose = used.purpose
        and (other.user_id = used.user_id or other.pending_registration_id = used.pending_registration_id)
        and other.used_at is null and other.voided_at is null
        and (used.purpose <> 'undo_email_change' or other.id > used.id)
      for update of other skip locked
    ), voided as (
      update ${oneTimeLinks} link set voided_at = app_now() from others where link.id = others.id
    )
    select ${linkColumns(sql`used`)} from used`,
)

/**
 * Uses a link, by one conditional statement: of any number of parallel calls one gets the row.
 *
 * @returns null when it cannot be used (any more); {@link findLink} tells why
 */
export async function consumeLink(
  db: Connection,
  link: { id: string; purpose: LinkPurpose; lifetimeSeconds: number },
): Promise<LinkRow | null> {
  const [row] = await db.run(consume(link))
  return row ?? null
}

const lockOwner = statement<{ id: string }>(
  'lock_owner_of_link',
  ({ id }) => sql`
    with link as (
      select user_id, pending_registration_id, email from ${oneTimeLinks} where id = ${id}::uuid
    ), account as (
      select from ${users} join link on link.user_id = ${users.id} for no key update of ${users}
    ), registrations as (
      select from ${pendingRegistrations} waiting join link on lower(waiting.email) = lower(link.email)
      where link.pending_registration_id is not null order by waiting.id for update of waiting
    )
    select from account union all select from registrations`,
)

/**
 * Locks the account that a link is about, or the registrations that wait for its mailbox, of which the first ends the
 * others. First in a transaction that uses the link and changes the account: others lock the account before its links,
 * and two that lock crosswise wait for each other.
 */
export async function lockOwnerOfLink(transaction: Connection, id: string): Promise<void> {
  await transaction.run(lockOwner({ id }))
}

export interface CodeTry {
  purpose: LinkPurpose
  email: string
  lifetimeSeconds: number
  triesMax: number
}

const countTry = statement<CodeTry, { id: string }>(
  'count_code_try',
  (p) => sql`
    update ${oneTimeLinks} link set code_tries = link.code_tries + 1
    where link.id = (
        select newest.id from ${oneTimeLinks} newest
        where lower(newest.email) = lower(${p.email}) and newest.purpose = ${p.purpose}
          and newest.used_at is null and newest.voided_at is null and newest.handed_over_at is not null
        order by newest.handed_over_at desc, newest.id desc limit 1)
      and ${isLive(p.lifetimeSeconds)} and link.code_tries < ${p.triesMax}::integer
      -- A code does not say whose registration it completes; the page of a link does.
      and not (link.pending_registration_id is not null and exists (
        select from ${pendingRegistrations} other where lower(other.email) = lower(link.email)
          and other.id <> link.pending_registration_id and other.expires_at > app_now()))
    returning link.id`,
)

/**
 * Counts a try of the code that was sent to an address last, before anybody compares it: parallel tries can never be
 * more than `triesMax`.
 *
 * @returns the id of the link that the code belongs to; null when no code may be tried, also while several registrations
 *          wait for the mailbox
 */
export async function countCodeTry(db: Connection, attempt: CodeTry): Promise<string | null> {
  const [row] = await db.run(countTry(attempt))
  return row?.id ?? null
}

const voidAll = statement<{ userId: number; purposes: readonly LinkPurpose[] }>(
  'void_one_time_links',
  (p) => sql`
    update ${oneTimeLinks} link set voided_at = app_now()
    where link.id in (
      select other.id from ${oneTimeLinks} other
      where other.user_id = ${p.userId} and other.purpose = any(${p.purposes})
        and other.used_at is null and other.voided_at is null
      order by other.id for update)`,
)

/** Voids the links of a user that are still open: what they were for has happened otherwise. */
export async function voidLinks(
  db: Connection,
  of: { userId: number; purposes: readonly LinkPurpose[] },
): Promise<void> {
  await db.run(voidAll(of))
}
