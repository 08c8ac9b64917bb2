import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { mailMessages, oneTimeLinks } from '../schema.ts'
import { statement } from '../statement.ts'

/** What a one-time link is for. */
export type LinkPurpose = typeof oneTimeLinks.$inferSelect.purpose

/** A message as it enters the outbox. `link_purpose`: with it a one-time link of the same id is made. */
export interface OutboxRow {
  id: string
  template: string
  recipient: string
  parameters: Record<string, string | null>
  link_purpose: LinkPurpose | null
}

/** Messages for one statement, as JSON; `[]` writes nothing. Made by lib/mail/queue-mail.ts. */
export type OutboxRows = string & { readonly of?: OutboxRow }

/**
 * Puts messages into the outbox in the statement that causes them. To be written between other common table
 * expressions, without a comma at either end.
 *
 * @param rows   the parameter that holds {@link OutboxRows}
 * @param owner  a query of (user_id, pending_registration_id): each message is written once for each of its rows, so one
 *               that returns nothing writes nothing
 */
export function intoOutbox(rows: Placeholder, owner: SQL): SQL {
  return sql`
    outgoing as (
      select outgoing.*, owner.user_id, owner.pending_registration_id
      from jsonb_to_recordset(${rows}::jsonb)
        as outgoing (id uuid, template text, recipient text, parameters jsonb, link_purpose text),
        (${owner}) as owner (user_id, pending_registration_id)
    ), outgoing_links as (
      insert into ${oneTimeLinks} (id, purpose, user_id, pending_registration_id, email)
      select id, link_purpose, user_id, pending_registration_id, recipient from outgoing
      where link_purpose is not null
    ), outgoing_messages as (
      insert into ${mailMessages} (id, template, user_id, pending_registration_id, recipient, parameters)
      select id, template, user_id, pending_registration_id, recipient, parameters from outgoing
    )`
}

interface Owner {
  userId: number | null
  pendingRegistrationId: string | null
}

const insert = statement<Owner & { rows: OutboxRows }>(
  'insert_mail_messages',
  (p) => sql`
    with ${intoOutbox(p.rows, sql`select ${p.userId}::bigint, ${p.pendingRegistrationId}::uuid`)}
    select from outgoing limit 1`,
)

/** Puts messages of one owner into the outbox. Call it in the transaction of the change that causes them. */
export async function insertMail(db: Connection, rows: OutboxRows, owner: Owner): Promise<void> {
  await db.run(insert({ rows, ...owner }))
}
