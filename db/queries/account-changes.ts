import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { pendingRegistrations, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'

/** True while a registration that waits for its mailbox holds the name. */
export const nameIsReserved = (username: unknown) => sql`exists (
  select from ${pendingRegistrations}
  where lower(${pendingRegistrations.username}) = lower(${username}::text)
    and ${pendingRegistrations.expiresAt} > app_now())`

const rename = statement<
  { userId: number; username: string; event: string | null },
  { outcome: 'changed' | 'unchanged' }
>(
  'change_username',
  (p) => sql`
    with found as (
      select id, username from ${users} where ${users.id} = ${p.userId} and ${users.deletedAt} is null for no key update
    ), renamed as (
      update ${users} set username = ${p.username} from found
      where ${users.id} = found.id and found.username <> ${p.username} and not ${nameIsReserved(p.username)}
      returning ${users.id} as id, found.username as previous
    ), recorded as (${recordEvent(p.event, sql`renamed`, {
      userId: sql`renamed.id`,
      details: sql`jsonb_build_object('from', renamed.previous)`,
    })}
    )
    select 'changed' as "outcome" from renamed
    union all select 'unchanged' from found where found.username = ${p.username}`,
)

/**
 * Gives an account another user name.
 *
 * @returns 'unchanged' when it is the one that it has: nothing is written then. Null when a registration in waiting
 *          holds the name
 * @throws the unique violation of `constraints.usersUsername`
 */
export async function changeUsername(
  db: Connection,
  change: { userId: number; username: string; event: NewAuditEvent },
): Promise<'changed' | 'unchanged' | null> {
  const [row] = await db.run(rename({ ...change, event: writeAuditEvent(change.event) }))
  return row?.outcome ?? null
}

const restore = statement<{ userId: number; verifiedEpoch: number; event: string | null }, { id: number }>(
  'restore_deleted_account',
  (p) => sql`
    with restored as (
      update ${users} set deleted_at = null, erase_at = null
      where ${users.id} = ${p.userId} and ${users.sessionEpoch} = ${p.verifiedEpoch}
        and ${users.deletedAt} is not null and ${users.eraseAt} > app_now() and ${users.disabledAt} is null
      returning id
    ), recorded as (${recordEvent(p.event, sql`restored`, { userId: sql`restored.id` })}
    )
    select id from restored`,
)

/** Takes back a deletion by its owner; false when it is final, or another epoch began meanwhile. */
export async function restoreAccount(
  db: Connection,
  { event, ...account }: { userId: number; verifiedEpoch: number; event: NewAuditEvent },
): Promise<boolean> {
  return (await db.run(restore({ ...account, event: writeAuditEvent(event) }))).length === 1
}
