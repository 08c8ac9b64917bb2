import { signJwt, verifyJwt } from './jwt.ts'
import { type RootKeys, rootsWithId } from './root-keys.ts'
import { Secret } from './secret.ts'
import { isSessionId, isSubject } from './session-claims.ts'

/** What the session cookie says. Times are seconds since the epoch; `expiresAt` is the absolute end. */
export interface SessionCredentialClaims {
  subject: string
  sessionId: string
  sessionEpoch: number
  issuedAt: number
  expiresAt: number
}

const type = 'session+jwt'
const algorithm = 'HS256'

/**
 * Makes the value of the session cookie: a JWT of a type of its own under a key of its own, so that it can never pass
 * as an access token, nor an access token as a cookie.
 */
export function makeSessionCredential({ current }: RootKeys, claims: SessionCredentialClaims): Secret {
  const signer = { algorithm, kid: String(current.id), key: current.keyFor('cookie') } as const
  const token = signJwt(signer, type, {
    sid: claims.sessionId,
    sep: claims.sessionEpoch,
    sub: claims.subject,
    iat: claims.issuedAt,
    exp: claims.expiresAt,
  })
  return new Secret(token)
}

export type ReadSessionCredential =
  | { kind: 'valid' | 'expired'; claims: SessionCredentialClaims }
  | { kind: 'invalid'; because: string }

/** Verifies a presented session cookie against every root that its root id may mean. */
export async function readSessionCredential(
  presented: string,
  roots: RootKeys,
  now: Date,
): Promise<ReadSessionCredential> {
  let verdict: ReadSessionCredential = { kind: 'invalid', because: 'made under no known root' }
  for (const root of rootsWithId(roots, rootIdOf(presented))) {
    const verified = await verifyJwt(presented, () => root.keyFor('cookie'), {
      typ: type,
      algorithms: [algorithm],
      requiredClaims: ['sub', 'iat', 'exp', 'sid', 'sep'],
      currentDate: now,
    })
    if (verified.kind !== 'invalid') return toRead(verified.kind, verified.claims)
    verdict = verified
  }
  return verdict
}

/** Only chooses which keys to try; nothing in an unverified header is believed. */
function rootIdOf(presented: string): number {
  try {
    const header = JSON.parse(Buffer.from(presented.split('.', 1)[0] ?? '', 'base64url').toString('utf8'))
    return Number(header?.kid)
  } catch {
    return Number.NaN
  }
}

function toRead(kind: 'valid' | 'expired', claims: Record<string, unknown>): ReadSessionCredential {
  const { sub, sid, sep, iat, exp } = claims
  const isWellFormed =
    isSubject(sub) &&
    isSessionId(sid) &&
    typeof sep === 'number' &&
    typeof iat === 'number' &&
    typeof exp === 'number'
  if (!isWellFormed) return { kind: 'invalid', because: 'a claim has the wrong form' }
  return { kind, claims: { subject: sub, sessionId: sid, sessionEpoch: sep, issuedAt: iat, expiresAt: exp } }
}
