import type { Database } from '#db/connection.ts'
import {
  insertSigningKeyIfNone,
  listSigningKeys,
  replaceSealedSigningKey,
  type SigningKeyRow,
} from '#db/queries/signing-keys.ts'
import type { Config } from '#lib/config/config.ts'
import {
  type AccessTokenClaims,
  type AccessTokenProfile,
  type AccessTokenSigner,
  type ReadAccessToken,
  readAccessToken,
  signAccessToken,
} from '#lib/crypto/access-token.ts'
import type { VerificationKey } from '#lib/crypto/jwt.ts'
import type { RootKeys } from '#lib/crypto/root-keys.ts'
import type { Secret } from '#lib/crypto/secret.ts'
import {
  generateSigningKey,
  openSigningKey,
  openVerificationKey,
  type PublicSigningJwk,
  resealSigningKey,
} from '#lib/crypto/signing-key.ts'
import { Problem } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import { rememberVerified } from './remember-verified.ts'

export interface AccessTokens {
  issue(claims: AccessTokenClaims): Promise<Secret>
  read(presented: string, now: Date): Promise<ReadAccessToken>
  /** The public halves, as /.well-known/jwks.json shows them; empty with HS256. */
  publicKeys(): Promise<readonly PublicSigningJwk[]>
  /** The keys in the database may have changed. */
  reload(): void
}

/** The private half of the key in use was sealed under a secret that this process does not have. */
export const unreadableSigningKeys = 'no AUTH_SECRET of this process opens the signing keys in the database'

/** An unknown kid may be a new key; a flood of invented ones must not become a flood of queries. */
const reloadIntervalMs = 10_000

/** Signs and verifies access tokens with the keys of the database (ES256) or with the shared secret (HS256). */
export function createAccessTokens(
  config: Config,
  roots: RootKeys,
  database: Database,
  clock: Clock,
): AccessTokens {
  const { algorithm, sharedSecret, audience } = config.accessToken
  const profile = { issuer: config.appUrl, audience }
  if (algorithm === 'ES256') return createKeyRing(profile, roots, database, clock)
  if (!sharedSecret) throw new Error('HS256 needs a shared secret')
  const key = Buffer.from(sharedSecret.reveal())
  return {
    issue: (claims) => signAccessToken({ algorithm, key }, profile, claims),
    read: rememberVerified((presented, now) =>
      readAccessToken(presented, algorithm, () => key, profile, now),
    ),
    publicKeys: async () => [],
    reload: () => {},
  }
}

type ReadToken = AccessTokens['read']

interface KeyRing {
  signer: AccessTokenSigner
  verifiers: Map<string, VerificationKey>
  publicKeys: PublicSigningJwk[]
  /** Remembers what verified under these keys; it is gone when they are loaded anew. */
  read: ReadToken
}

function createKeyRing(
  profile: AccessTokenProfile,
  roots: RootKeys,
  database: Database,
  clock: Clock,
): AccessTokens {
  let loading: Promise<KeyRing> | null = null
  let loadedAtMs = clock.monotonicMs()
  let hasResealed = false

  /** Loads at the first use; a failed load is tried again by the next. */
  function ring(): Promise<KeyRing> {
    loading ??= load().catch((error) => {
      loading = null
      throw error
    })
    return loading
  }

  async function load(): Promise<KeyRing> {
    const rows = await listOrMakeSigningKeys(roots, database)
    // Once: two processes in the middle of a rotation would seal the keys of each other in turn, for ever.
    if (!hasResealed) for (const row of rows) await resealUnderCurrentRoot(roots, database, row)
    hasResealed = true
    return openKeyRing(roots, rows, read)
  }

  async function findKey(kid: string | undefined): Promise<VerificationKey | null> {
    if (kid === undefined) return null
    const known = (await ring()).verifiers.get(kid)
    if (known || clock.monotonicMs() - loadedAtMs < reloadIntervalMs) return known ?? null
    loadedAtMs = clock.monotonicMs()
    loading = null
    return (await ring()).verifiers.get(kid) ?? null
  }

  const read: ReadToken = (presented, now) => readAccessToken(presented, 'ES256', findKey, profile, now)

  return {
    issue: async (claims) => signAccessToken((await ring()).signer, profile, claims),
    read: async (presented, now) => (await ring()).read(presented, now),
    publicKeys: async () => (await ring()).publicKeys,
    reload() {
      loading = null
      // A failure is told to the next user of a key, who tries again.
      ring().catch(() => {})
    },
  }
}

async function openKeyRing(
  roots: RootKeys,
  rows: readonly SigningKeyRow[],
  read: ReadToken,
): Promise<KeyRing> {
  const [newest] = rows
  const key = newest && (await openSigningKey(roots, newest))
  // Mended by the next deployment, so nobody may lose a session over it: never a 401.
  if (!key) throw new Problem('unavailable', { because: unreadableSigningKeys, retryAfterSeconds: 5 })
  const opened = await Promise.all(
    rows.map(async (row) => [row.kid, await openVerificationKey(row)] as const),
  )
  return {
    signer: { algorithm: newest.algorithm, kid: newest.kid, key },
    verifiers: new Map(opened),
    publicKeys: rows.map((row) => row.publicJwk),
    read: rememberVerified(read),
  }
}

/** A root is rotated in three deployments; the last one can remove it only when nothing is sealed under it any more. */
async function resealUnderCurrentRoot(
  roots: RootKeys,
  database: Database,
  row: SigningKeyRow,
): Promise<void> {
  const resealed = resealSigningKey(roots, row)
  if (!resealed) return
  await replaceSealedSigningKey(database, { kid: row.kid, sealed: row.privateKeySealed, resealed })
}

async function listOrMakeSigningKeys(roots: RootKeys, database: Database): Promise<SigningKeyRow[]> {
  const rows = await listSigningKeys(database)
  if (rows.length > 0) return rows
  const first = await generateSigningKey(roots)
  await database.transaction((transaction) => insertSigningKeyIfNone(transaction, first))
  return listSigningKeys(database)
}
