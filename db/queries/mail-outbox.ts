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
  /** That asks for the link, where the link is over with it. */
  link_session_id: string | null
  /** It is for whoever has the address; nobody has looked yet who that is. */
  by_address: boolean
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
        as outgoing (id uuid, template text, recipient text, parameters jsonb, link_purpose text,
          link_session_id uuid, by_address boolean),
        (${owner}) as owner (user_id, pending_registration_id)
    ), outgoing_links as (
      insert into ${oneTimeLinks} (id, purpose, user_id, pending_registration_id, email, session_id)
      select id, link_purpose, user_id, pending_registration_id, recipient, link_session_id from outgoing
      where link_purpose is not null
    ), outgoing_messages as (
      insert into ${mailMessages} (id, template, user_id, pending_registration_id, recipient, parameters, by_address)
      select id, template, user_id, pending_registration_id, recipient, parameters, by_address from outgoing
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

export interface ClaimedMail {
  id: string
  template: string
  recipient: string
  parameters: Record<string, string | null>
  /** This one included. */
  attempts: number
  createdAt: Date
  /** That its link is for; null when it carries none, or none that can still be used. */
  linkPurpose: LinkPurpose | null
}

const claim = statement<{ id: string; leaseSeconds: number }, ClaimedMail>(
  'claim_mail_message',
  (p) => sql`
    with claimed as (
      update ${mailMessages} message set state = 'sending', attempts = message.attempts + 1,
        next_attempt_at = app_now() + make_interval(secs => ${p.leaseSeconds}::integer)
      where message.id = ${p.id}::uuid and message.state in ('queued', 'sending')
        and message.next_attempt_at <= app_now()
      returning message.*
    ), handed_over as (
      update ${oneTimeLinks} link set handed_over_at = app_now() from claimed
      where link.id = claimed.id and link.used_at is null and link.voided_at is null
      returning link.purpose
    )
    select id, template, recipient, parameters, attempts, created_at as "createdAt",
      (select purpose from handed_over) as "linkPurpose" from claimed`,
)

/**
 * Takes a message that is due, for as long as the lease: until then nobody else sends it. Its link lives from now on.
 *
 * @returns null when there is nothing to do: it was sent, another process has it, or it is not due
 */
export async function claimMail(
  db: Connection,
  lease: { id: string; leaseSeconds: number },
): Promise<ClaimedMail | null> {
  const [row] = await db.run(claim(lease))
  return row ?? null
}

type Attempt = Pick<ClaimedMail, 'id' | 'attempts'>

const settle = statement<
  Attempt & { state: 'sent' | 'failed' | 'withdrawn'; error: string | null },
  { id: string }
>(
  'settle_mail_message',
  (p) => sql`
    update ${mailMessages} message set state = ${p.state}, last_error = ${p.error}::text,
      sent_at = case when ${p.state} = 'sent' then app_now() end,
      failed_at = case when ${p.state} = 'failed' then app_now() end
    where message.id = ${p.id}::uuid and message.state = 'sending' and message.attempts = ${p.attempts}::integer
    returning message.id`,
)

/** Ends an attempt for good; nothing happens when its lease ran out and another one took over. */
export async function settleMail(
  db: Connection,
  attempt: Attempt & { state: 'sent' | 'failed' | 'withdrawn'; error: string | null },
): Promise<void> {
  const { id, attempts, state, error } = attempt
  await db.run(settle({ id, attempts, state, error }))
}

const defer = statement<
  Attempt & { delaySeconds: number; giveUpSeconds: number; error: string },
  { state: 'queued' | 'failed' }
>(
  'defer_mail_message',
  (p) => sql`
    with judged as (
      select message.id,
        message.created_at + make_interval(secs => ${p.giveUpSeconds}::integer)
          <= app_now() + make_interval(secs => ${p.delaySeconds}::integer) as is_over
      from ${mailMessages} message
      where message.id = ${p.id}::uuid and message.state = 'sending' and message.attempts = ${p.attempts}::integer
      for update
    ), deferred as (
      update ${mailMessages} message set
        state = case when is_over then 'failed' else 'queued' end,
        failed_at = case when is_over then app_now() end,
        next_attempt_at = app_now() + make_interval(secs => ${p.delaySeconds}::integer),
        last_error = ${p.error}
      from judged where message.id = judged.id
      returning message.id, message.state
    )
    select state,
      case when state = 'queued' then (graphile_worker.add_job('deliver_mail', json_build_object('id', id),
        run_at => now() + make_interval(secs => ${p.delaySeconds}::integer), job_key => 'mail:' || id)).id end
    from deferred`,
)

/**
 * Ends an attempt with another one to come, unless the message would be too old by then.
 *
 * @returns what became of it; null when its lease ran out and another attempt took over
 */
export async function deferMail(
  db: Connection,
  attempt: Attempt & { delaySeconds: number; giveUpSeconds: number; error: string },
): Promise<'queued' | 'failed' | null> {
  const { id, attempts, delaySeconds, giveUpSeconds, error } = attempt
  const [row] = await db.run(defer({ id, attempts, delaySeconds, giveUpSeconds, error }))
  return row?.state ?? null
}
