import { type JwtSigner, type KeyLookup, signJwt, verifyJwt } from './jwt.ts'
import { Secret } from './secret.ts'
import { isSessionId, isSubject } from './session-claims.ts'

export type AccessTokenAlgorithm = 'ES256' | 'HS256'

/** What an access token says (RFC 9068 section 2.2, plus `sid` and `sep`). Times are seconds since the epoch. */
export interface AccessTokenClaims {
  subject: string
  sessionId: string
  sessionEpoch: number
  roles: readonly string[]
  amr: readonly string[]
  authTime: number
  issuedAt: number
  expiresAt: number
}

export interface AccessTokenProfile {
  issuer: string
  /** Null: no `aud` is written or asked for, for resource servers that refuse one. */
  audience: string | null
}

const type = 'at+jwt'

/** Signs an access token (RFC 9068: `typ` is `at+jwt`). */
export function signAccessToken(
  signer: JwtSigner,
  profile: AccessTokenProfile,
  claims: AccessTokenClaims,
): Secret {
  const { sessionId, sessionEpoch, roles, amr, authTime } = claims
  const token = signJwt(signer, type, {
    iss: profile.issuer,
    sub: claims.subject,
    ...(profile.audience !== null && { aud: profile.audience }),
    exp: claims.expiresAt,
    iat: claims.issuedAt,
    sid: sessionId,
    sep: sessionEpoch,
    roles,
    amr,
    auth_time: authTime,
  })
  return new Secret(token)
}

export type ReadAccessToken =
  | { kind: 'valid' | 'expired'; claims: AccessTokenClaims }
  | { kind: 'invalid'; because: string }

/**
 * Verifies a presented access token: signature before any claim, then `typ`, `iss`, `aud` and times.
 *
 * @param algorithm  the only one accepted, so a public key can never be taken for a shared secret (RFC 8725 3.1)
 * @param now        decides between 'valid' and 'expired', with 30 s of leeway
 */
export async function readAccessToken(
  presented: string,
  algorithm: AccessTokenAlgorithm,
  findKey: KeyLookup,
  profile: AccessTokenProfile,
  now: Date,
): Promise<ReadAccessToken> {
  const verified = await verifyJwt(presented, findKey, {
    typ: type,
    algorithms: [algorithm],
    issuer: profile.issuer,
    ...(profile.audience !== null && { audience: profile.audience }),
    requiredClaims: ['sub', 'iat', 'exp', 'sid', 'sep'],
    currentDate: now,
  })
  if (verified.kind === 'invalid') return verified
  const claims = toClaims(verified.claims)
  return claims ? { kind: verified.kind, claims } : { kind: 'invalid', because: 'a claim has the wrong form' }
}

function toClaims(claims: Record<string, unknown>): AccessTokenClaims | null {
  const { sub, sid, sep, roles, amr, auth_time, iat, exp } = claims
  if (!isSubject(sub) || !isSessionId(sid) || typeof sep !== 'number') return null
  if (!isTextList(roles) || !isTextList(amr) || typeof auth_time !== 'number') return null
  if (typeof iat !== 'number' || typeof exp !== 'number') return null
  return {
    subject: sub,
    sessionId: sid,
    sessionEpoch: sep,
    roles,
    amr,
    authTime: auth_time,
    issuedAt: iat,
    expiresAt: exp,
  }
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
