import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { forgeJwt, hmacSigner, type JwtSigner } from './forged-jwt.ts'
import type { Fault, HostilePerson } from './hostile-control.ts'

/** The pair whose public half is published. */
export interface HostileKeys {
  publicKey: KeyObject
  privateKey: KeyObject
}

export type Faults = ReadonlySet<Fault>

const keyId = 'published'

export function makeKeys(): HostileKeys {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

let made: HostileKeys | undefined

/** The pair that nobody publishes, made when it is first wanted. */
function strangerKeys(): HostileKeys {
  made ??= makeKeys()
  return made
}

/** The key set (RFC 7517) that is published. */
export function keySetOf(keys: HostileKeys, faults: Faults): object {
  const { publicKey } = faults.has('jwks-foreign') ? strangerKeys() : keys
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }] }
}

/** The algorithms that discovery owns up to: an application must not let the provider talk it into one. */
export function algorithmsOf(faults: Faults): string[] {
  return ['RS256', ...(faults.has('alg-none') ? ['none'] : []), ...(faults.has('alg-hs256') ? ['HS256'] : [])]
}

export interface IdTokenParts {
  issuer: string
  clientId: string
  nonce: string | undefined
  person: HostilePerson
  nowMs: number
}

export async function makeIdToken(keys: HostileKeys, parts: IdTokenParts, faults: Faults): Promise<string> {
  const token = await forgeJwt(headerOf(faults), payloadOf(parts, faults), signerOf(keys, faults))
  return faults.has('signature-missing') ? token.replace(/[^.]+$/, '') : token
}

function headerOf(faults: Faults): object {
  if (faults.has('alg-none')) return { typ: 'JWT', alg: 'none' }
  if (faults.has('alg-hs256')) return { typ: 'JWT', alg: 'HS256', kid: keyId }
  if (faults.has('key-unknown')) return { typ: 'JWT', alg: 'RS256', kid: 'not-published' }
  const jwk = faults.has('key-embedded') && { jwk: strangerKeys().publicKey.export({ format: 'jwk' }) }
  return { typ: 'JWT', alg: 'RS256', kid: keyId, ...jwk }
}

function signerOf({ publicKey, privateKey }: HostileKeys, faults: Faults): JwtSigner {
  if (faults.has('alg-none')) return () => new Uint8Array()
  if (faults.has('alg-hs256')) return hmacSigner(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  const isStranger = (['signature-wrong', 'key-unknown', 'key-embedded'] as const).some((one) =>
    faults.has(one),
  )
  return (input) => sign('sha256', input, isStranger ? strangerKeys().privateKey : privateKey)
}

const hour = 3600

function payloadOf({ issuer, clientId, nonce, person, nowMs }: IdTokenParts, faults: Faults): object {
  const now = Math.floor(nowMs / 1000)
  return {
    iss: faults.has('issuer-wrong') ? 'https://issuer.example.com' : issuer,
    aud: faults.has('audience-wrong') ? 'another-application' : clientId,
    ...(faults.has('party-wrong') && { aud: [clientId, 'another-application'], azp: 'another-application' }),
    ...(faults.has('party-missing') && { aud: [clientId, 'another-application'] }),
    iat: now,
    exp: now + hour,
    ...(faults.has('expired') && { iat: now - 2 * hour, exp: now - hour }),
    ...(faults.has('issued-in-future') && { iat: now + hour, exp: now + 2 * hour }),
    ...(faults.has('not-yet-valid') && { nbf: now + hour }),
    nonce: faults.has('nonce-missing') ? undefined : faults.has('nonce-wrong') ? 'of-another-flow' : nonce,
    ...claimsOf(person, faults),
  }
}

/** The standard claims (OpenID Connect Core 1.0 section 5.1). */
export function claimsOf(person: HostilePerson, faults: Faults): Record<string, unknown> {
  const { subject, email, emailVerified, name } = describedPerson(person, faults)
  return {
    sub: faults.has('subject-missing') ? undefined : subject,
    email,
    email_verified: emailVerified,
    name,
  }
}

/** The person as the provider describes them; undefined is left out of the answer. */
export function describedPerson(person: HostilePerson, faults: Faults) {
  const { email, name, login } = faults.has('subject-reused') ? stranger : person
  const claimed = faults.has('email-changed') ? `changed-${email}` : email
  return {
    ...person,
    subject: faults.has('subject-empty') ? '' : person.subject,
    name,
    login,
    email: faults.has('email-missing') ? undefined : claimed,
    emailVerified: faults.has('email-missing') ? undefined : verifiedClaim(person.emailVerified, faults),
  }
}

function verifiedClaim(isVerified: boolean, faults: Faults): unknown {
  if (faults.has('email-verified-missing')) return undefined
  if (faults.has('email-verified-as-text')) return 'false'
  return isVerified && !faults.has('email-unverified')
}

const stranger = { email: 'stranger@example.com', name: 'A Stranger', login: 'a-stranger' }
