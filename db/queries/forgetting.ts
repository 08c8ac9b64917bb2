import { type SQL, sql } from 'drizzle-orm'
import { auditEventAddresses, auditEvents, mailMessages, oneTimeLinks, users } from '../schema.ts'

/** True for an event that tells an address which its account had. */
export const addressEvents = sql`name in ('email_changed', 'email_change_undone')`

/**
 * What has no foreign key and still is about accounts that a statement removes: their events, invitations to
 * the addresses that they have and had, and messages to their addresses that were asked for while nobody had them. To be written between other common table expressions.
 *
 * @param removed  the expression that has (id, email) of the accounts
 */
export function forgetting(removed: SQL): SQL {
  return sql`
    forgotten_events as (
      delete from ${auditEvents} where ${auditEvents.userId} in (select id from ${removed})
    ), own_addresses as (
      select lower(email) as address from ${removed}
      union
      select lower(named.address) from ${removed}
        join ${auditEvents} event on event.user_id = ${removed}.id
          and event.${addressEvents}
        cross join lateral (values (event.details ->> 'from'), (event.details ->> 'to')) as named (address)
      where not exists (select from ${users} other
        where lower(other.email) = lower(named.address) and other.id <> ${removed}.id)
    ), forgotten_addresses as (
      delete from ${auditEventAddresses}
      where lower(${auditEventAddresses.email}) in (select address from own_addresses)
      returning event_id
    ), forgotten_invitations as (
      delete from ${auditEvents} where ${auditEvents.id} in (select event_id from forgotten_addresses)
    ), of_nobody as (
      select link.id from ${oneTimeLinks} link join ${removed} on lower(link.email) = lower(${removed}.email)
      where link.user_id is null and link.pending_registration_id is null
    ), forgotten_messages as (
      delete from ${mailMessages} where ${mailMessages.id} in (select id from of_nobody)
        and ${mailMessages.userId} is null and ${mailMessages.pendingRegistrationId} is null
    ), forgotten_links as (
      delete from ${oneTimeLinks} where ${oneTimeLinks.id} in (select id from of_nobody)
    )`
}
