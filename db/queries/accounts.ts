import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { roles, sessionEpochs, sessions, userRoles, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { type RoleLimit, strictestLimits, writeRoleLimits } from './role-limits.ts'
import { aliveNow } from './session-rows.ts'
import { type UserRow, userColumns } from './users.ts'

export type AccountState = 'active' | 'disabled' | 'deleted'

/** As {@link AccountState}, for a statement that selects from users. */
export const accountState = sql`case when ${users.deletedAt} is not null then 'deleted'
  when ${users.disabledAt} is not null then 'disabled' else 'active' end`

export interface AccountFilter {
  /** Part of an address or a user name; case does not matter. */
  search: string | null
  /** Upper-case name. */
  role: string | null
  state: AccountState | null
  /** Ids above this one only. */
  afterId: number
  limit: number
}

const list = statement<AccountFilter, UserRow>(
  'list_accounts',
  (p) => sql`
    select ${userColumns} from ${users}
    where ${users.id} > ${p.afterId}
      and (${p.search}::text is null or strpos(lower(${users.email}), lower(${p.search})) > 0
        or strpos(lower(${users.username}), lower(${p.search})) > 0)
      and (${p.role}::text is null or exists (select from ${userRoles} join ${roles} on ${roles.id} = ${userRoles.roleId}
        where ${userRoles.userId} = ${users.id} and ${roles.name} = ${p.role}))
      and (${p.state}::text is null or ${accountState} = ${p.state})
    order by ${users.id} limit ${p.limit}`,
)

/** Accounts in the order of their ids, also disabled and deleted ones. */
export function listAccounts(db: Connection, filter: AccountFilter): Promise<UserRow[]> {
  return db.run(list(filter))
}

const find = statement<{ userId: number | null; email: string | null; username: string | null }, UserRow>(
  'find_accounts_named',
  (p) => sql`
    select ${userColumns} from ${users}
    where ${users.id} = ${p.userId}::bigint or lower(${users.email}) = lower(${p.email}::text)
      or lower(${users.username}) = lower(${p.username}::text)
    order by ${users.id}`,
)

/** The accounts that an id, an address or a user name may mean, also disabled and deleted ones. */
export function findAccountsNamed(
  db: Connection,
  names: { userId: number | null; email: string | null; username: string | null },
): Promise<UserRow[]> {
  return db.run(find(names))
}

/** How many sessions of the user are alive, as it was before the statement it stands in. */
export const liveSessions = (p: {
  userId: unknown
  roleLimits: Parameters<typeof strictestLimits>[0]
}) => sql`
  (select count(*)::integer from ${sessions} join ${users} on ${users.id} = ${sessions.userId},
    ${strictestLimits(p.roleLimits)}
  where ${sessions.userId} = ${p.userId} and ${aliveNow})`

const count = statement<{ userId: number; roleLimits: string }, { count: number }>(
  'count_live_sessions',
  (p) => sql`select ${liveSessions(p)} as "count"`,
)

export async function countLiveSessions(
  db: Connection,
  userId: number,
  roleLimits: readonly RoleLimit[],
): Promise<number> {
  const [row] = await db.run(count({ userId, roleLimits: writeRoleLimits(roleLimits) }))
  return row?.count ?? 0
}

interface Ending {
  userId: number
  /** Why, for the sessions that it ends. */
  reason: string
  /** By which the ended sessions are counted. */
  roleLimits: readonly RoleLimit[]
  /** Written with it. */
  event: NewAuditEvent
}

interface EndingParameters {
  userId: number
  reason: string
  roleLimits: string
  event: string | null
  graceSeconds: number | null
  /** Null: whatever epoch it is in. */
  fromEpoch: number | null
}

/** Moves the epoch of a user in the same statement in which `change` is made, if its condition holds. */
function endingStatement(
  name: string,
  change: (parameter: Record<keyof EndingParameters, Placeholder>) => SQL,
  condition: SQL,
) {
  return statement<EndingParameters, { ended: number }>(
    name,
    (p) => sql`
      with changed as (
        update ${users} set session_epoch = session_epoch + 1 ${change(p)}
        where ${users.id} = ${p.userId} and ${condition}
          and (${p.fromEpoch}::integer is null or ${users.sessionEpoch} = ${p.fromEpoch}::integer)
        returning id, session_epoch
      ), noted as (
        insert into ${sessionEpochs} (user_id, epoch, reason) select id, session_epoch, ${p.reason} from changed
      ), recorded as (${recordEvent(p.event, sql`changed`, { userId: sql`changed.id` })}
      )
      select ${liveSessions(p)} as "ended" from changed`,
  )
}

const disable = endingStatement(
  'disable_account',
  () => sql`, disabled_at = app_now()`,
  sql`${users.disabledAt} is null`,
)
const markDeleted = endingStatement(
  'mark_account_deleted',
  (p) =>
    sql`, deleted_at = app_now(), erase_at = app_now() + make_interval(secs => ${p.graceSeconds}::integer)`,
  sql`${users.deletedAt} is null`,
)
const endAll = endingStatement('end_all_sessions_of_account', () => sql``, sql`true`)

async function runEnding(
  db: Connection,
  query: typeof endAll,
  ending: Ending & { graceSeconds?: number | null; fromEpoch?: number | null },
): Promise<number | null> {
  const event = writeAuditEvent(ending.event)
  const { userId, reason, graceSeconds = null, fromEpoch = null } = ending
  const roleLimits = writeRoleLimits(ending.roleLimits)
  const [row] = await db.run(query({ userId, reason, graceSeconds, fromEpoch, event, roleLimits }))
  return row?.ended ?? null
}

/** @returns how many live sessions ended with it; null when it was disabled before, or does not exist */
export function disableAccount(db: Connection, ending: Ending): Promise<number | null> {
  return runEnding(db, disable, ending)
}

/**
 * Keeps the row, so that its sessions can be told why they ended.
 *
 * @param ending.graceSeconds  after which it is removed for good, unless a sign-in takes it back; null: never
 * @param ending.fromEpoch     of the session that asks for it; null: of nobody's
 * @returns as {@link disableAccount}; also null when another epoch has begun
 */
export function markAccountDeleted(
  db: Connection,
  ending: Ending & { graceSeconds: number | null; fromEpoch: number | null },
): Promise<number | null> {
  return runEnding(db, markDeleted, ending)
}

/** Ends all sessions of a user, whatever their number. @returns how many; null when there is no such user */
export function endAllSessionsOf(db: Connection, ending: Ending): Promise<number | null> {
  return runEnding(db, endAll, ending)
}

const enable = statement<{ userId: number; event: string | null }, { id: number }>(
  'enable_account',
  (p) => sql`
    with changed as (
      update ${users} set disabled_at = null, deleted_at = null, erase_at = null
      where ${users.id} = ${p.userId} and (${users.disabledAt} is not null or ${users.deletedAt} is not null)
      returning id
    ), recorded as (${recordEvent(p.event, sql`changed`, { userId: sql`changed.id` })}
    )
    select id from changed`,
)

/** Takes back that it was disabled or marked as deleted; false when it was neither. */
export async function enableAccount(db: Connection, userId: number, event: NewAuditEvent): Promise<boolean> {
  return (await db.run(enable({ userId, event: writeAuditEvent(event) }))).length === 1
}
