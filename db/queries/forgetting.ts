import { type SQL, sql } from 'drizzle-orm'
import { auditEvents, mailMessages, oneTimeLinks } from '../schema.ts'

/**
 * What has no foreign key and still is about accounts that a statement removes: their events, and messages to their
 * addresses that were asked for while nobody had them. To be written between other common table expressions.
 *
 * @param removed  the expression that has (id, email) of the accounts
 */
export function forgetting(removed: SQL): SQL {
  return sql`
    forgotten_events as (
      delete from ${auditEvents} where ${auditEvents.userId} in (select id from ${removed})
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
