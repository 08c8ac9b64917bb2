import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { idempotencyKeys } from '../schema.ts'
import { statement } from '../statement.ts'

/** How long an answer is kept. */
export const keptSeconds = 86_400
/** A claim older than this is of a process that is gone: nothing that a request waits for takes as long. */
export const claimSeconds = 60

interface ClaimParameters {
  keyHash: string
  /** The same key under the roots that only verify. */
  olderHashes: readonly string[]
  requestHash: string
  claimId: string
}

/** What is known of a key: `isMine` when this call has claimed it. */
export interface ClaimedKey {
  isMine: boolean
  keyHash: string
  requestHash: string
  /** Null while the answer is not there yet. */
  answerSealed: Buffer | null
}

const isGivenUp = sql`(${idempotencyKeys.answerSealed} is null
  and ${idempotencyKeys.claimedAt} <= app_now() - make_interval(secs => ${sql.raw(String(claimSeconds))}))`

const claim = statement<ClaimParameters, ClaimedKey>(
  'claim_idempotency_key',
  (p) => sql`
    with given_up as (
      delete from ${idempotencyKeys} where ${idempotencyKeys.keyHash} = any(${p.olderHashes}::text[]) and ${isGivenUp}
    ), claimed as (
      insert into ${idempotencyKeys} (key_hash, request_hash, claim_id, expires_at)
      select ${p.keyHash}::text, ${p.requestHash}::text, ${p.claimId}::uuid,
        app_now() + make_interval(secs => ${sql.raw(String(keptSeconds))})
      where not exists (
        select from ${idempotencyKeys}
        where ${idempotencyKeys.keyHash} = any(${p.keyHash}::text || ${p.olderHashes}::text[])
          and ${idempotencyKeys.expiresAt} > app_now() and not ${isGivenUp})
      on conflict (key_hash) do update set request_hash = excluded.request_hash, claim_id = excluded.claim_id,
        claimed_at = app_now(), expires_at = excluded.expires_at, answer_sealed = null
      where ${idempotencyKeys.expiresAt} <= app_now() or ${isGivenUp}
      returning key_hash, request_hash
    )
    select true as "isMine", key_hash as "keyHash", request_hash as "requestHash", null::bytea as "answerSealed"
    from claimed
    union all
    select false, ${idempotencyKeys.keyHash}, ${idempotencyKeys.requestHash}, ${idempotencyKeys.answerSealed}
    from ${idempotencyKeys}
    where ${idempotencyKeys.keyHash} = any(${p.keyHash}::text || ${p.olderHashes}::text[])
      and ${idempotencyKeys.expiresAt} > app_now() and not ${isGivenUp} and not exists (select from claimed)`,
)

/**
 * Claims a key, or reads what became of it. Of parallel calls one claims it.
 *
 * @returns null when another call claimed it at this moment: this statement cannot see its row yet
 */
export async function claimIdempotencyKey(
  db: Connection,
  parameters: ClaimParameters,
): Promise<ClaimedKey | null> {
  const [row] = await db.run(claim(parameters))
  return row ?? null
}

const keep = statement<{ keyHash: string; claimId: string; answerSealed: Buffer }, { kept: true }>(
  'keep_idempotent_answer',
  (p) => sql`
    update ${idempotencyKeys} set answer_sealed = ${p.answerSealed}::bytea
    where ${idempotencyKeys.keyHash} = ${p.keyHash} and ${idempotencyKeys.claimId} = ${p.claimId}::uuid
    returning true as kept`,
)

/**
 * Keeps the answer of the request that claimed the key, together with what the transaction does. False when the claim
 * was over and somebody else has the key: the transaction must not commit.
 */
export async function keepIdempotentAnswer(
  transaction: Connection,
  answer: { keyHash: string; claimId: string; answerSealed: Buffer },
): Promise<boolean> {
  const rows = await transaction.run(keep(answer))
  return rows.length === 1
}

const release = statement<{ keyHash: string; claimId: string }>(
  'release_idempotency_key',
  (p) => sql`
    delete from ${idempotencyKeys}
    where ${idempotencyKeys.keyHash} = ${p.keyHash} and ${idempotencyKeys.claimId} = ${p.claimId}::uuid
      and ${idempotencyKeys.answerSealed} is null`,
)

/**
 * Gives the key back, unless an answer is kept: then the transaction of the request has committed, whatever its caller
 * was told. One that is still committing is waited for.
 */
export async function releaseIdempotencyKey(
  db: Connection,
  claimed: { keyHash: string; claimId: string },
): Promise<void> {
  await db.run(release(claimed))
}

/** Rows removed at once, so that none is held for long. */
const sliceSize = 10_000

const purge = statement<object>(
  'purge_idempotency_keys',
  () => sql`
    delete from ${idempotencyKeys} where ${idempotencyKeys.keyHash} = any(array(
      select key_hash from ${idempotencyKeys} where ${idempotencyKeys.expiresAt} <= app_now()
      order by ${idempotencyKeys.expiresAt} limit ${sql.raw(String(sliceSize))} for update skip locked))`,
)

/** Removes answers that were kept long enough. */
export async function purgeIdempotencyKeys(db: Connection): Promise<void> {
  await db.run(purge({}))
}
