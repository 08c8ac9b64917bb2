import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { isCanonicalBase64url } from '#lib/encoding/base64url.ts'
import { parseStrictJson } from '#lib/encoding/strict-json.ts'

/** Seconds by which clocks of honest parties may differ (exp, iat, nbf). */
export const clockLeewaySeconds = 30

/** No credential of ours comes near it; what is longer is refused before any work. */
const tokenLengthMax = 4096

/** A public or shared key as jose takes it. */
export type VerificationKey = CryptoKey | Uint8Array

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
