import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { auditEvents, mailMessages, oneTimeLinks, pendingRegistrations, users } from '../schema.ts'
import { statement } from '../statement.ts'

/**
 * - 'nobody': no account has the address; the message is withdrawn
 * - 'known': the address is an account's already; its owner is told that somebody tried to use it
 * - 'account', 'registration': whose message it is from now on
 * - 'as it is': it had an owner from the start, or there is no such message in waiting
 */
export type MailFate = 'nobody' | 'known' | 'account' | 'registration' | 'as it is'

const adopt = statement<{ messageId: string }, { fate: MailFate }>(
  'adopt_mail_message',
  (p) => sql`
    with message as (
      select id, template, user_id, pending_registration_id, recipient, by_address, parameters from ${mailMessages}
      where ${mailMessages.id} = ${p.messageId}::uuid and ${mailMessages.state} in ('queued', 'sending')
      for update
    ), facts as (
      select message.*, owner.id as owner_id, owner.email as owner_email, owner.email_verified_at is not null as is_verified,
        owner.disabled_at is null and (owner.deleted_at is null or owner.erase_at > app_now()) as is_usable,
        waiting.id as waiting_id
      from message
      left join ${users} owner on lower(owner.email) = lower(message.recipient)
      left join lateral (
        select pending.id from ${pendingRegistrations} pending
        where lower(pending.email) = lower(message.recipient) and pending.expires_at > app_now()
        order by pending.created_at desc limit 1) waiting on true
    ), fate as (
      select facts.*, case
        when template = 'reset_password' and by_address
          then case when owner_id is not null and is_usable then 'account' else 'nobody' end
        when template = 'verify_email' and by_address then case
          when owner_id is not null and is_usable then case when is_verified then 'known' else 'account' end
          when owner_id is null and waiting_id is not null then 'registration' else 'nobody' end
        when template = 'verify_email' and pending_registration_id is not null and owner_id is not null then 'known'
        when template = 'email_change_confirm' and owner_id is not null and owner_id <> user_id then 'known'
        else 'as it is' end as fate
      from facts
    ), changed as (
      select * from fate where fate <> 'as it is'
    ), readdressed as (
      update ${mailMessages} set
        template = case when changed.fate = 'known' then 'account_exists' else changed.template end,
        user_id = case when changed.fate in ('account', 'known') then changed.owner_id end,
        pending_registration_id = case when changed.fate = 'registration' then changed.waiting_id end,
        recipient = case when changed.fate in ('account', 'known') then changed.owner_email else changed.recipient end,
        by_address = false, state = case when changed.fate = 'nobody' then 'withdrawn' else ${mailMessages.state} end
      from changed where ${mailMessages.id} = changed.id
    ), relinked as (
      -- The link of nobody lives as long as any: its code is guessed at, and its tries are counted, like others.
      update ${oneTimeLinks} set
        user_id = case when changed.fate = 'account' then changed.owner_id end,
        pending_registration_id = case when changed.fate = 'registration' then changed.waiting_id end,
        voided_at = case when changed.fate = 'known' then app_now() end,
        handed_over_at = case when changed.fate = 'nobody' then app_now() end
      -- That of a change of address stays the asker's, who must see it waiting as if the address were free. No message
      -- carries it.
      from changed where ${oneTimeLinks.id} = changed.id and changed.template <> 'email_change_confirm'
    ), replaced as (
      -- Only the newest link to a new password works.
      update ${oneTimeLinks} link set voided_at = app_now()
      from changed
      where changed.fate = 'account' and changed.template = 'reset_password' and link.user_id = changed.owner_id
        and link.purpose = 'reset_password' and link.id < changed.id and link.used_at is null and link.voided_at is null
    ), recorded as (
      insert into ${auditEvents} (name, actor, user_id, client_address, device, request_id)
      select case changed.template when 'reset_password' then 'password_reset_requested'
          else 'email_verification_requested' end,
        'user', changed.owner_id, (changed.parameters ->> 'address')::inet, changed.parameters ->> 'device',
        changed.parameters ->> 'requestId'
      from changed where changed.fate = 'account'
    )
    select fate from fate`,
)

/**
 * Finds out whose a message is that was asked for by address. The request that asked for it looked at no account, so it
 * could not tell by its answer or by its time whether there is one. To be called by the delivery, before it renders.
 */
export async function adoptMail(db: Connection, messageId: string): Promise<MailFate> {
  const [row] = await db.run(adopt({ messageId }))
  return row?.fate ?? 'as it is'
}
