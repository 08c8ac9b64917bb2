import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { signingKeys } from '../schema.ts'
import { statement } from '../statement.ts'

export interface SigningKeyRow {
  kid: string
  algorithm: 'ES256'
  publicJwk: { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' }
  privateKeySealed: Buffer
  createdAt: Date
  activatesAt: Date
  retiresAt: Date | null
}

export type NewSigningKey = Omit<SigningKeyRow, 'createdAt' | 'activatesAt' | 'retiresAt'>

const columns = sql`
  ${signingKeys.kid} as "kid", ${signingKeys.algorithm} as "algorithm", ${signingKeys.publicJwk} as "publicJwk",
  ${signingKeys.privateKeySealed} as "privateKeySealed", ${signingKeys.createdAt} as "createdAt",
  ${signingKeys.activatesAt} as "activatesAt", ${signingKeys.retiresAt} as "retiresAt"`

const list = statement<object, SigningKeyRow & { now: Date }>(
  'list_signing_keys',
  () => sql`
    select ${columns}, app_now() as "now" from ${signingKeys}
    where (select require_primary())
    order by ${signingKeys.activatesAt} desc, ${signingKeys.kid}`,
)

/** All keys, the newest first, also those that are over; each with the database's time. */
export function listSigningKeys(db: Connection): Promise<(SigningKeyRow & { now: Date })[]> {
  return db.run(list({}))
}

const lockKeys = statement<object>(
  'lock_signing_keys',
  () => sql`lock table ${signingKeys} in exclusive mode`,
)

/** Until the transaction ends nobody else writes a key, so that a look and what follows from it are one step. */
export async function lockSigningKeys(transaction: Connection): Promise<void> {
  await transaction.run(lockKeys({}))
}

const insert = statement<
  { kid: string; algorithm: string; publicJwk: string; privateKeySealed: Buffer; inSeconds: number },
  SigningKeyRow
>(
  'insert_signing_key',
  (p) => sql`
    insert into ${signingKeys} (kid, algorithm, public_jwk, private_key_sealed, activates_at)
    values (${p.kid}, ${p.algorithm}, ${p.publicJwk}::jsonb, ${p.privateKeySealed},
      app_now() + make_interval(secs => ${p.inSeconds}::integer))
    returning ${columns}`,
)

/** @param inSeconds  when it begins to sign */
export async function insertSigningKey(
  db: Connection,
  key: NewSigningKey,
  inSeconds: number,
): Promise<SigningKeyRow> {
  const [row] = await db.run(insert({ ...key, publicJwk: JSON.stringify(key.publicJwk), inSeconds }))
  if (!row) throw new Error('the insert of a signing key returned no row')
  return row
}

const retireOthers = statement<{ kid: string; seconds: number }>(
  'retire_other_signing_keys',
  (p) => sql`
    update ${signingKeys}
    set retires_at = successor.activates_at + make_interval(secs => ${p.seconds}::integer)
    from ${signingKeys} as successor
    where successor.kid = ${p.kid} and ${signingKeys.kid} <> ${p.kid} and ${signingKeys.retiresAt} is null`,
)

/** Gives every other key that has none its end: `seconds` after `kid` begins to sign. */
export async function retireOtherSigningKeys(db: Connection, kid: string, seconds: number): Promise<void> {
  await db.run(retireOthers({ kid, seconds }))
}

const keep = statement<{ kid: string }>(
  'keep_signing_key',
  ({ kid }) => sql`update ${signingKeys} set retires_at = null where ${signingKeys.kid} = ${kid}`,
)

/** Takes the end of a key back: nothing is to take over from it any more. */
export async function keepSigningKey(db: Connection, kid: string): Promise<void> {
  await db.run(keep({ kid }))
}

const activate = statement<{ kid: string }, SigningKeyRow>(
  'activate_signing_key',
  ({ kid }) => sql`
    update ${signingKeys} set activates_at = app_now() where ${signingKeys.kid} = ${kid} returning ${columns}`,
)

/** Lets a key that waits sign from now on. */
export async function activateSigningKey(db: Connection, kid: string): Promise<SigningKeyRow> {
  const [row] = await db.run(activate({ kid }))
  if (!row) throw new Error('the signing key that was to sign is gone')
  return row
}

const remove = statement<{ kids: readonly string[] }>(
  'delete_signing_keys',
  ({ kids }) => sql`delete from ${signingKeys} where ${signingKeys.kid} = any(${kids}::text[])`,
)

/** From then on nothing verifies with them, in any process that hears of it. */
export async function deleteSigningKeys(db: Connection, kids: readonly string[]): Promise<void> {
  await db.run(remove({ kids }))
}

const replaceSealed = statement<{ kid: string; sealed: Buffer; resealed: Buffer }>(
  'replace_sealed_signing_key',
  (p) => sql`
    update ${signingKeys} set private_key_sealed = ${p.resealed}
    where ${signingKeys.kid} = ${p.kid} and ${signingKeys.privateKeySealed} = ${p.sealed}`,
)

/** Replaces a sealed private half by the same one under another root, unless another process did so first. */
export async function replaceSealedSigningKey(
  db: Connection,
  change: { kid: string; sealed: Buffer; resealed: Buffer },
): Promise<void> {
  await db.run(replaceSealed(change))
}
