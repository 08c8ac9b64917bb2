import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { sessionEpochs, sessions, settings, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { type RoleLimit, strictestLimits, writeRoleLimits } from './role-limits.ts'
import { expiresAt, idleUntil } from './session-rows.ts'

/** Any fixed number: who sweeps holds this advisory lock. */
const sweepLock = 7_302_114_906
/** The row of settings that says how far the sweep is, for whichever process goes on. */
const stateName = 'session_sweep'

/**
 * How late the sweep ends what time has ended. Until a minute late a use that is not written yet can extend a session;
 * after two nobody can, and no process answers for it from memory.
 */
const lateSeconds = 120

const begin = statement<{ lock: number; name: string }, SweepState>(
  'begin_session_sweep',
  // Quiet for this transaction: nothing that the sweep ends can be remembered, so nobody has to hear of it.
  (p) => sql`
    select set_config('session_management.quiet', 'on', true) as "quiet",
      pg_try_advisory_xact_lock(${p.lock}::bigint) as "isFree", value ->> 'after' as "after",
      coalesce((value ->> 'dueAt')::timestamptz <= app_now(), true) as "isDue"
    from (select 1) one left join ${settings} on ${settings.name} = ${p.name}`,
)

export interface SweepState {
  /** False while another process sweeps. */
  isFree: boolean
  /** False while the last run is not long enough ago. */
  isDue: boolean
  /** The id at which the last slice ended; null at the beginning of the table. */
  after: string | null
}

/** Begins one step of the sweep. Call it first in a transaction: it holds the lock, and the silence, until that ends. */
export async function beginSweep(transaction: Connection): Promise<SweepState> {
  const [state] = await transaction.run(begin({ lock: sweepLock, name: stateName }))
  if (!state) throw new Error('the state of the sweep returned no row')
  return state
}

/** Rows looked at in one transaction, so that none is held for long. */
export const sliceSize = 1000

/** True for a row of sessions, beside its user, that nobody can hold for alive, by what it says itself. */
const isOver = sql`(
  ${sessions.endedAt} is null and (${sessions.sessionEpoch} < ${users.sessionEpoch}
  or least(${sessions.expiresAt}, ${sessions.idleUntil}) <= app_now() - make_interval(secs => ${sql.raw(String(lateSeconds))})))`

const sweepSlice = statement<
  { after: string | null; historySeconds: number; roleLimits: string },
  SweptSlice
>(
  'sweep_session_slice',
  // By the primary key: ids begin with the time, so a slice lies together, and no index has to follow what changes at
  // every use. The size is part of the text, and rows are sought by arrays of ids, because a planner that does not know
  // how few they are reads the whole table. Rows in use are left for the next time. The reason is judgeSession()'s.
  (p) => sql`
    with slice as materialized (
      select id, user_id, session_epoch, expires_at, idle_until, ended_at from ${sessions}
      where id > coalesce(${p.after}::uuid, '00000000-0000-0000-0000-000000000000')
      order by id limit ${sql.raw(String(sliceSize))}
    ), over as (
      select ${sessions.id} from slice as ${sessions} join ${users} on ${users.id} = ${sessions.userId} where ${isOver}
    ), locked as (
      select ${sessions.id},
        case when ${sessions.sessionEpoch} <> ${users.sessionEpoch} then coalesce(${sessionEpochs.reason}, 'unknown')
          when ${users.deletedAt} is not null then 'user_deleted'
          when ${users.disabledAt} is not null then 'user_disabled'
          when ${expiresAt} <= app_now() then 'expired' else 'idle' end as reason,
        case when ${sessions.sessionEpoch} <> ${users.sessionEpoch} then coalesce(${sessionEpochs.beganAt}, app_now())
          when ${expiresAt} <= app_now() then ${expiresAt} else ${idleUntil} end as at
      from ${sessions} join ${users} on ${users.id} = ${sessions.userId}
      left join ${sessionEpochs} on ${sessionEpochs.userId} = ${sessions.userId}
        and ${sessionEpochs.epoch} = ${sessions.sessionEpoch} + 1,
      ${strictestLimits(p.roleLimits)}
      where ${sessions.id} = any(array(select id from over)) and ${isOver}
      for update of ${sessions} skip locked
    ), ended as (
      update ${sessions} set ended_at = locked.at, ended_reason = locked.reason
      from locked where ${sessions.id} = locked.id and ${sessions.id} = any(array(select id from locked))
      returning locked.reason
    ), purged as (
      delete from ${sessions}
      where ${sessions.id} = any(array(
        select id from slice where ended_at < app_now() - make_interval(secs => ${p.historySeconds}::integer)))
      returning ${sessions.id}
    )
    select (select count(*)::integer from slice) as "walked",
      (select id from slice order by id desc limit 1) as "lastId",
      (select count(*)::integer from ended where reason = 'idle') as "idle",
      (select count(*)::integer from ended where reason = 'expired') as "expired",
      (select count(*)::integer from ended) as "ended",
      (select count(*)::integer from purged) as "purged"`,
)

export interface SweptSlice {
  walked: number
  lastId: string | null
  /** All whose ending is now written, and among them those that time has ended. */
  ended: number
  idle: number
  expired: number
  purged: number
}

/** Writes the endings of the sessions in the slice after `after`, and removes those that ended long ago. */
export async function sweepSessionSlice(
  transaction: Connection,
  slice: { after: string | null; historySeconds: number; roleLimits: readonly RoleLimit[] },
): Promise<SweptSlice> {
  const query = sweepSlice({ ...slice, roleLimits: writeRoleLimits(slice.roleLimits) })
  const [swept] = await transaction.run(query)
  if (!swept) throw new Error('a slice of sessions returned no row')
  return swept
}

const keepState = statement<{ name: string; after: string | null; restSeconds: number }>(
  'keep_session_sweep',
  (p) => sql`
    insert into ${settings} (name, value)
    values (${p.name}, jsonb_build_object('after', ${p.after}::text,
      'dueAt', app_now() + make_interval(secs => ${p.restSeconds}::integer)))
    on conflict (name) do update set value = excluded.value, updated_at = app_now()`,
)

/** Notes where the next slice begins, and for how long nobody begins a run. */
export async function keepSweepState(
  transaction: Connection,
  state: { after: string | null; restSeconds: number },
): Promise<void> {
  await transaction.run(keepState({ ...state, name: stateName }))
}

const purgeEpochs = statement<{ historySeconds: number }>(
  'purge_session_epochs',
  (p) => sql`
    delete from ${sessionEpochs} where (user_id, epoch) in (
      select user_id, epoch from ${sessionEpochs}
      where ${sessionEpochs.beganAt} < app_now() - make_interval(secs => ${p.historySeconds}::integer)
        and not exists (
          select from ${sessions} where ${sessions.userId} = ${sessionEpochs.userId}
            and ${sessions.endedAt} is null and ${sessions.sessionEpoch} < ${sessionEpochs.epoch})
      order by ${sessionEpochs.beganAt} limit ${sql.raw(String(sliceSize))})`,
)

/** Removes reasons of long ago that no session needs any more. */
export async function purgeSessionEpochs(transaction: Connection, historySeconds: number): Promise<void> {
  await transaction.run(purgeEpochs({ historySeconds }))
}
