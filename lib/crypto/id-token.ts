import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose'
import { isCanonicalBase64url } from '#lib/encoding/base64url.ts'

/** Nothing symmetric, and not `none`: whoever can verify must not be able to sign. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

const lengthMax = 32 * 1024

export type VerifiedIdToken =
  | { kind: 'valid'; claims: Record<string, unknown> }
  /** No key of the set fits: the provider may have a new one. */
  | { kind: 'unknown_key' }
  | { kind: 'invalid'; because: string }

/**
 * Verifies the signature of an ID token with the keys of its issuer (OpenID Connect Core section 3.1.3.7). Its claims
 * are for the caller to judge.
 *
 * @param keys  the provider's key set, as it was fetched
 */
export async function verifyIdTokenSignature(idToken: string, keys: unknown): Promise<VerifiedIdToken> {
  const parts = idToken.split('.')
  if (idToken.length > lengthMax || parts.length !== 3 || !parts.every(isCanonicalBase64url)) {
    return { kind: 'invalid', because: 'not a compact JWT' }
  }
  try {
    const { payload } = await compactVerify(idToken, createLocalJWKSet(keys as JSONWebKeySet), { algorithms })
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    const isObject = typeof claims === 'object' && claims !== null && !Array.isArray(claims)
    if (!isObject) return { kind: 'invalid', because: 'the claims are no object' }
    return { kind: 'valid', claims: claims as Record<string, unknown> }
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return { kind: 'unknown_key' }
    if (error instanceof errors.JOSEError) return { kind: 'invalid', because: error.code }
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)
      return { kind: 'invalid', because: error.message }
    throw error
  }
}
