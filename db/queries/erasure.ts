import { type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { auditEvents, mailMessages, oneTimeLinks, sessionEpochs, sessions, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { addressEvents, forgetting } from './forgetting.ts'

/** True for a row of users that is to be removed. An operator may take that back until it is gone. */
const isDue = sql`${users.deletedAt} is not null and ${users.eraseAt} <= app_now()`

/** Accounts of one list. */
const listSize = 1000

const listDue = statement<object, { id: number }>(
  'list_accounts_to_erase',
  () => sql`
    select id from ${users} where ${isDue} order by ${users.eraseAt} limit ${sql.raw(String(listSize))}`,
)

/** The ids of accounts that are to be removed, who waits for the longest time first; a thousand at most. */
export async function listAccountsToErase(db: Connection): Promise<number[]> {
  return (await db.run(listDue({}))).map(({ id }) => id)
}

const mark = statement<{ userId: number; reason: string }, { id: number }>(
  'mark_account_to_erase',
  (p) => sql`
    with marked as (
      update ${users} set session_epoch = session_epoch + 1,
        deleted_at = coalesce(${users.deletedAt}, app_now()), erase_at = app_now()
      where ${users.id} = ${p.userId} returning id, session_epoch
    ), noted as (
      insert into ${sessionEpochs} (user_id, epoch, reason) select id, session_epoch, ${p.reason} from marked
    )
    select id from marked`,
)

/** Ends all of an account, in whatever state it is, and lets it be removed from now on. False when there is none. */
export async function markAccountToErase(
  db: Connection,
  account: { userId: number; reason: string },
): Promise<boolean> {
  return (await db.run(mark(account))).length === 1
}

/** Rows of one statement: it stays well below the time limit, whatever has piled up. */
const sliceSize = 1000

/**
 * Removes some rows of an account that is to be removed. Rows are sought by an array, because a planner that does not
 * know how few they are reads all of the account's; those that another process removes just now are left to it.
 */
function slice(name: string, { table, key, scope }: { table: SQL; key: SQL; scope?: SQL }) {
  return statement<{ userId: number }, { removed: number }>(
    `erase_slice_of_${name}`,
    (p) => sql`
      with removed as (
        delete from ${table} where user_id = ${p.userId} and ${key} = any(array(
          select ${key} from ${table}
          where user_id = ${p.userId} ${scope ?? sql``}
            and exists (select from ${users} where ${users.id} = ${p.userId} and ${isDue})
          limit ${sql.raw(String(sliceSize))} for update skip locked))
        returning 1
      )
      select count(*)::integer as "removed" from removed`,
  )
}

const slices = [
  slice('sessions', { table: sql`${sessions}`, key: sql`id` }),
  slice('session_epochs', { table: sql`${sessionEpochs}`, key: sql`epoch` }),
  slice('mail_messages', { table: sql`${mailMessages}`, key: sql`id` }),
  slice('one_time_links', { table: sql`${oneTimeLinks}`, key: sql`id` }),
  // What tells the former addresses is needed to the last.
  slice('audit_events', { table: sql`${auditEvents}`, key: sql`id`, scope: sql`and not ${addressEvents}` }),
]

/**
 * Removes what piles up with an account that is to be removed, a thousand rows in each statement. Not in a transaction:
 * what is gone stays gone, and the next call goes on.
 *
 * @param statementsMax  after which it stops; each kind of rows takes one at least
 * @returns false when there may be more
 */
export async function eraseRowsOf(db: Connection, userId: number, statementsMax: number): Promise<boolean> {
  let statements = 0
  for (const next of slices) {
    for (let isDone = false; !isDone; statements += 1) {
      if (statements >= statementsMax) return false
      const [row] = await db.run(next({ userId }))
      isDone = (row?.removed ?? 0) < sliceSize
    }
  }
  return true
}

const erase = statement<{ userId: number; event: string | null }, { id: number }>(
  'erase_account',
  (p) => sql`
    with erased as (
      delete from ${users} where ${users.id} = ${p.userId} and ${isDue} returning id, email
    ), ${forgetting(sql`erased`)}, recorded as (${recordEvent(p.event, sql`erased`, { details: sql`jsonb_build_object('user_id', erased.id)` })}
    )
    select id from erased`,
)

/**
 * Removes an account that is to be removed, with everything that is left of it; false when it is gone, or is not to be
 * removed any more. `event` is nobody's, and says in its details whose account it was.
 */
export async function eraseAccountRow(
  db: Connection,
  userId: number,
  event: NewAuditEvent,
): Promise<boolean> {
  return (await db.run(erase({ userId, event: writeAuditEvent(event) }))).length === 1
}
