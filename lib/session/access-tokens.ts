import type { Database } from '#db/connection.ts'
import type { Config } from '#lib/config/config.ts'
import {
  type AccessTokenClaims,
  type AccessTokenProfile,
  type ReadAccessToken,
  readAccessToken,
  signAccessToken,
} from '#lib/crypto/access-token.ts'
import type { VerificationKey } from '#lib/crypto/jwt.ts'
import type { RootKeys } from '#lib/crypto/root-keys.ts'
import type { Secret } from '#lib/crypto/secret.ts'
import type { PublicSigningJwk } from '#lib/crypto/signing-key.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import { inTurn, type MaybePromise } from '#lib/runtime/in-turn.ts'
import { createKeyRings, type KeyRing } from './key-ring.ts'
import { rememberVerified } from './remember-verified.ts'

export interface AccessTokens {
  issue(claims: AccessTokenClaims): MaybePromise<Secret>
  read(presented: string, now: Date): MaybePromise<ReadAccessToken>
  /** The public halves, as /.well-known/jwks.json shows them; empty with HS256. */
  publicKeys(): Promise<readonly PublicSigningJwk[]>
  /** The keys in the database may have changed. */
  reload(): void
}

export interface AccessTokenParts {
  config: Config
  roots: RootKeys
  database: Database
  clock: Clock
  /** True while every change of the keys would have been heard. */
  isProven(): boolean
}

/** Signs and verifies access tokens with the keys of the database (ES256) or with the shared secret (HS256). */
export function createAccessTokens(parts: AccessTokenParts): AccessTokens {
  const { algorithm, sharedSecret, audience } = parts.config.accessToken
  const profile = { issuer: parts.config.appUrl, audience }
  if (algorithm === 'ES256') return withKeyRing(profile, parts)
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

/** A key ring that remembers what verified under its keys. */
interface ReadingRing extends KeyRing {
  read: AccessTokens['read']
}

function withKeyRing(profile: AccessTokenProfile, parts: AccessTokenParts): AccessTokens {
  const rings = createKeyRings<ReadingRing>({
    ...parts,
    make(ring) {
      const findKey = (kid: string | undefined) =>
        kid === undefined ? null : (ring.verifiers.get(kid) ?? lookFor(kid))
      return {
        ...ring,
        read: rememberVerified((presented, now) =>
          readAccessToken(presented, 'ES256', findKey, profile, now),
        ),
      }
    },
  })

  /** Another process may have made a key that this one has not heard of. */
  async function lookFor(kid: string): Promise<VerificationKey | null> {
    const ring = await rings.lookAgain()
    return ring?.verifiers.get(kid) ?? null
  }

  return {
    issue: (claims) =>
      inTurn(rings.trusted() ?? rings.current(), (ring) => {
        const signer = ring.signerAt(new Date(claims.issuedAt * 1000))
        return signAccessToken({ algorithm: 'ES256', ...signer }, profile, claims)
      }),
    read: (presented, now) => inTurn(rings.trusted() ?? rings.current(), (ring) => ring.read(presented, now)),
    publicKeys: async () => (await rings.current()).publicKeys,
    reload: rings.reload,
  }
}
