import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { attemptBudgets } from '../schema.ts'
import { statement } from '../statement.ts'

/** What reserve_attempts() is asked for; see the migration that defines it. */
export interface RequestedBudget {
  key: string
  free: number
  windowSeconds: number
  /** Null: a fixed window. */
  delayMaxSeconds: number | null
}

export interface ReservedBudget {
  key: string
  admitted: boolean
  /** Tries counted now, this one included if it was admitted. */
  refused: number
  /** Seconds until the next try is admitted; of a refused one. */
  retryAfterSeconds: number | null
}

const reserve = statement<{ requested: string }, ReservedBudget>(
  'reserve_attempts',
  ({ requested }) => sql`
    select key, admitted, refused, retry_after_seconds as "retryAfterSeconds"
    from reserve_attempts(${requested}::jsonb)`,
)

/** Counts one try against all of these budgets, or against none when one is used up. Atomic over all processes. */
export function reserveAttempts(
  db: Connection,
  budgets: readonly RequestedBudget[],
): Promise<ReservedBudget[]> {
  const requested = budgets.map(({ key, free, windowSeconds, delayMaxSeconds }) => ({
    key,
    free,
    window_seconds: windowSeconds,
    delay_max_seconds: delayMaxSeconds,
  }))
  return db.run(reserve({ requested: JSON.stringify(requested) }))
}

const release = statement<{ cleared: readonly string[]; returned: readonly string[] }>(
  'release_attempts',
  (p) => sql`
    with released as (
      select key from ${attemptBudgets}
      where key = any(${p.cleared}::text[] || ${p.returned}::text[]) order by key for update
    )
    update ${attemptBudgets} set
      refused = case when ${attemptBudgets.key} = any(${p.cleared}::text[]) then 0 else greatest(refused - 1, 0) end,
      retry_at = case when ${attemptBudgets.key} = any(${p.cleared}::text[]) or retry_at is null
        then null else app_now() end
    from released where ${attemptBudgets.key} = released.key`,
)

/** Forgets everything counted under `cleared`, and takes one try back from each of `returned`. */
export async function releaseAttempts(
  db: Connection,
  keys: { cleared: readonly string[]; returned: readonly string[] },
): Promise<void> {
  await db.run(release(keys))
}

const confirm = statement<{ key: string; delaySeconds: number }>(
  'confirm_refused_attempt',
  (p) => sql`
    update ${attemptBudgets} set retry_at = app_now() + make_interval(secs => ${p.delaySeconds}::double precision)
    where ${attemptBudgets.key} = ${p.key} and retry_at is not null`,
)

/** Starts the delay of a used-up budget at the moment of the refusal. */
export async function confirmRefusedAttempt(
  db: Connection,
  key: string,
  delaySeconds: number,
): Promise<void> {
  await db.run(confirm({ key, delaySeconds }))
}

const purge = statement<object>(
  'purge_attempt_budgets',
  () => sql`delete from ${attemptBudgets} where ${attemptBudgets.forgottenAt} < app_now()`,
)

/** Removes what no longer counts. */
export async function purgeAttemptBudgets(db: Connection): Promise<void> {
  await db.run(purge({}))
}
