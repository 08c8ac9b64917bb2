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
    privateKeySealed: sealForAll(roots, privateJwk, contextOf(thumbprint)),
  }
}

/** @returns null when no known root opens the private half */
export function openSigningKey(roots: RootKeys, key: StoredSigningKey): KeyObject | null {
  const privateJwk = unsealAny(roots, key)
  return privateJwk && createPrivateKey({ key: JSON.parse(privateJwk.toString('utf8')), format: 'jwk' })
}

/** False for a key that could not be opened any more once every root but the one in use is removed. */
export function isSealedForCurrent({ current }: RootKeys, key: StoredSigningKey): boolean {
  return unsealAny({ current, all: [current] }, key) !== null
}

/**
 * Seals the private half again, under every root that is known, so that any other one can be removed.
 *
 * @returns null when there is nothing to do: the root in use opens it, and no unknown one could. Or no known root opens it
 */
export function resealSigningKey(roots: RootKeys, key: StoredSigningKey): Buffer | null {
  const context = contextOf(key.kid)
  const isKnown = (part: Buffer) => unseal(roots, part, context) !== null
  if (isSealedForCurrent(roots, key) && partsOf(key.privateKeySealed).every(isKnown)) return null
  const privateJwk = unsealAny(roots, key)
  return privateJwk && sealForAll(roots, privateJwk, context)
}

const lengthBytes = 4

/**
 * Seals under each root: while roots are rotated, processes that use one or the other may make and see keys in any order,
 * and none of them has to replace what another one sealed. Several parts have their lengths before them; one has not.
 */
function sealForAll(roots: RootKeys, plaintext: Uint8Array, context: string): Buffer {
  const parts = roots.all.map((root) => seal({ current: root, all: [root] }, plaintext, context))
  const [only, ...others] = parts
  if (only && others.length === 0) return only
  return Buffer.concat(parts.flatMap((part) => [lengthOf(part), part]))
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(part.length)
  return length
}

/** What is not made of lengths and parts is one part. */
function partsOf(sealed: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let at = 0
  while (at + lengthBytes < sealed.length) {
    const end = at + lengthBytes + sealed.readUInt32BE(at)
    if (end > sealed.length) return [sealed]
    parts.push(sealed.subarray(at + lengthBytes, end))
    at = end
  }
  return at === sealed.length ? parts : [sealed]
}

function unsealAny(roots: RootKeys, key: StoredSigningKey): Buffer | null {
  for (const part of partsOf(key.privateKeySealed)) {
    const plaintext = unseal(roots, part, contextOf(key.kid))
    if (plaintext) return plaintext
  }
  return null
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
