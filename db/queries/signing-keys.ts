import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { signingKeys } from '../schema.ts'
import { statement } from '../statement.ts'

export interface SigningKeyRow {
  kid: string
  algorithm: 'ES256'
  publicJwk: { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' }
  privateKeySealed: Buffer
  activatesAt: Date
}

const columns = sql`
  ${signingKeys.kid} as "kid", ${signingKeys.algorithm} as "algorithm", ${signingKeys.publicJwk} as "publicJwk",
  ${signingKeys.privateKeySealed} as "privateKeySealed", ${signingKeys.activatesAt} as "activatesAt"`

const list = statement<object, SigningKeyRow>(
  'list_signing_keys',
  () => sql`
    select ${columns} from ${signingKeys}
    where ${signingKeys.retiresAt} is null or ${signingKeys.retiresAt} > app_now()
    order by ${signingKeys.activatesAt} desc, ${signingKeys.kid}`,
)

/** The keys that verify, the newest first. */
export function listSigningKeys(db: Connection): Promise<SigningKeyRow[]> {
  return db.run(list({}))
}

const insert = statement<{ kid: string; algorithm: string; publicJwk: string; privateKeySealed: Buffer }>(
  'insert_signing_key',
  (p) => sql`
    insert into ${signingKeys} (kid, algorithm, public_jwk, private_key_sealed)
    values (${p.kid}, ${p.algorithm}, ${p.publicJwk}::jsonb, ${p.privateKeySealed})`,
)

const lockKeys = statement<object>(
  'lock_signing_keys',
  () => sql`lock table ${signingKeys} in exclusive mode`,
)

/**
 * Inserts a key if there is none that verifies. Of processes that start together one inserts.
 *
 * @param transaction  the table stays locked until it ends, so the look and the insert are one step
 */
export async function insertSigningKeyIfNone(
  transaction: Connection,
  key: Omit<SigningKeyRow, 'activatesAt'>,
): Promise<void> {
  await transaction.run(lockKeys({}))
  const existing = await listSigningKeys(transaction)
  if (existing.length > 0) return
  await transaction.run(insert({ ...key, publicJwk: JSON.stringify(key.publicJwk) }))
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
