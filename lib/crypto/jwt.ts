import { createHmac, type KeyObject, sign } from 'node:crypto'
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { isCanonicalBase64url } from '#lib/encoding/base64url.ts'
import { parseStrictJson } from '#lib/encoding/strict-json.ts'

/** Seconds by which clocks of honest parties may differ (exp, iat, nbf). */
export const clockLeewaySeconds = 30

/** No credential of ours comes near it; what is longer is refused before any work. */
const tokenLengthMax = 4096

/** A public or shared key as jose takes it. */
export type VerificationKey = CryptoKey | Uint8Array

/** The private half of an ES256 pair. */
export type PrivateKey = KeyObject

/** What a token is signed with. Without a `kid` it names no key. */
export type JwtSigner =
  | { algorithm: 'ES256'; kid?: string; key: PrivateKey }
  | { algorithm: 'HS256'; kid?: string; key: Uint8Array }

/**
 * Makes a compact JWT (RFC 7519; the signatures of RFC 7518 sections 3.2 and 3.4).
 *
 * In this thread: jose signs with WebCrypto, which hands each signature to the pool where passwords are hashed. That
 * costs more than the signature (docs/decisions/017-what-a-signed-in-request-costs.md).
 */
export function signJwt(signer: JwtSigner, type: string, claims: JWTPayload): string {
  const header = { alg: signer.algorithm, typ: type, kid: signer.kid }
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${signatureOf(signer, signed).toString('base64url')}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function signatureOf({ algorithm, key }: JwtSigner, signed: string): Buffer {
  if (algorithm === 'HS256') return createHmac('sha256', key).update(signed).digest()
  // The 64 bytes of R and S, not the DER that OpenSSL makes by itself.
  return sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
}

/** Finds the key for a token's `kid`, or null when there is none. */
export type KeyLookup = (kid: string | undefined) => Promise<VerificationKey | null> | VerificationKey | null

export type VerifiedJwt =
  | { kind: 'valid'; claims: JWTPayload }
  /** Everything holds but `exp` has passed. */
  | { kind: 'expired'; claims: JWTPayload }
  | { kind: 'invalid'; because: string }

/**
 * Verifies signature and claims of a compact JWT (RFC 7519, RFC 8725): one algorithm, one `typ`, canonical base64url,
 * no duplicate names in header or payload. `jku`, `x5u`, `jwk` and `crit` in the header lead nowhere.
 *
 * @returns 'invalid' with a reason for the log, never for the client; throws only what `findKey` throws
 */
export async function verifyJwt(
  token: string,
  findKey: KeyLookup,
  options: Required<Pick<JWTVerifyOptions, 'typ' | 'algorithms' | 'currentDate' | 'requiredClaims'>> &
    Pick<JWTVerifyOptions, 'issuer' | 'audience'>,
): Promise<VerifiedJwt> {
  const malformed = malformation(token)
  if (malformed) return { kind: 'invalid', because: malformed }
  let lookupError: unknown
  const lookup = async (header: { kid?: string }) => {
    try {
      const key = await findKey(header.kid)
      if (key) return key
    } catch (error) {
      lookupError = error
    }
    throw new errors.JWKSNoMatchingKey()
  }
  try {
    const { payload } = await jwtVerify(token, lookup, { ...options, clockTolerance: clockLeewaySeconds })
    return judgeIssuedAt(payload, options.currentDate)
  } catch (error) {
    // A key store that cannot answer is not a bad token: 503, never 401.
    if (lookupError) throw lookupError
    if (error instanceof errors.JWTExpired) return { kind: 'expired', claims: error.payload }
    if (error instanceof errors.JOSEError) return { kind: 'invalid', because: error.code }
    if (error instanceof TypeError) return { kind: 'invalid', because: error.message }
    throw error
  }
}

function judgeIssuedAt(claims: JWTPayload, now: Date): VerifiedJwt {
  const isFromTheFuture = (claims.iat ?? 0) > now.getTime() / 1000 + clockLeewaySeconds
  return isFromTheFuture ? { kind: 'invalid', because: 'iat lies in the future' } : { kind: 'valid', claims }
}

function malformation(token: string): string | null {
  if (token.length > tokenLengthMax) return 'too long'
  const parts = token.split('.')
  if (parts.length !== 3 || !parts.every(isCanonicalBase64url)) return 'not a compact JWT'
  const readable = parts.slice(0, 2).every((part) => {
    const text = Buffer.from(part, 'base64url').toString('utf8')
    return parseStrictJson(text).kind === 'value'
  })
  return readable ? null : 'header or payload is not strict JSON'
}
