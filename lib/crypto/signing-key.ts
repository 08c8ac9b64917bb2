import { createPrivateKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { RootKeys } from './root-keys.ts'
import { seal, unseal } from './sealing.ts'

/** The public half as a key set shows it (RFC 7517). */
export interface PublicSigningJwk {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
  kid: string
  alg: 'ES256'
  use: 'sig'
}

/** A signing key as it is stored: the public half readable, the private half sealed. */
export interface StoredSigningKey {
  kid: string
  algorithm: 'ES256'
  publicJwk: PublicSigningJwk
  privateKeySealed: Buffer
}

/** Makes an ES256 key pair (P-256). The kid is the RFC 7638 thumbprint, so it can be neither chosen nor repeated. */
export async function generateSigningKey(roots: RootKeys): Promise<StoredSigningKey> {
  const algorithm = 'ES256' as const
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const { x = '', y = '' } = await exportJWK(pair.publicKey)
  const coordinates = { kty: 'EC', crv: 'P-256', x, y } as const
  const thumbprint = await calculateJwkThumbprint(coordinates)
  const publicJwk = { ...coordinates, kid: thumbprint, alg: algorithm, use: 'sig' } as const
  const privateJwk = Buffer.from(JSON.stringify(await exportJWK(pair.privateKey)))
  return {
    kid: thumbprint,
    algorithm,
    publicJwk,
    privateKeySealed: seal(roots, privateJwk, contextOf(thumbprint)),
  }
}

/** @returns null when no known root opens the private half */
export function openSigningKey(roots: RootKeys, key: StoredSigningKey): KeyObject | null {
  const privateJwk = unseal(roots, key.privateKeySealed, contextOf(key.kid))
  return privateJwk && createPrivateKey({ key: JSON.parse(privateJwk.toString('utf8')), format: 'jwk' })
}

/**
 * Seals the private half again under the root in use, so that the root it was sealed under can be removed.
 *
 * @returns null when there is nothing to do, or when no known root opens it
 */
export function resealSigningKey(roots: RootKeys, key: StoredSigningKey): Buffer | null {
  const { current } = roots
  const context = contextOf(key.kid)
  if (unseal({ current, all: [current] }, key.privateKeySealed, context)) return null
  const privateJwk = unseal(roots, key.privateKeySealed, context)
  return privateJwk && seal(roots, privateJwk, context)
}

/** The public half, ready to verify with. */
export async function openVerificationKey({
  publicJwk,
  algorithm,
}: Pick<StoredSigningKey, 'publicJwk' | 'algorithm'>): Promise<CryptoKey> {
  const key = await importJWK({ ...publicJwk }, algorithm)
  if (key instanceof Uint8Array) throw new TypeError('an EC key was expected')
  return key
}

function contextOf(kid: string): string {
  return `signing_keys:${kid}`
}
