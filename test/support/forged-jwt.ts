import { createHmac, type KeyObject, sign } from 'node:crypto'

/** Signs the bytes of `header.payload`. */
export type JwtSigner = (input: Buffer) => Promise<Uint8Array> | Uint8Array

/**
 * A compact JWT of exactly these parts, for what no library would write. Texts are taken as they are, so that a part
 * can hold duplicate names or no JSON at all.
 */
export function forgeJwt(header: object | string, payload: unknown, signer: JwtSigner): Promise<string> {
  return signParts(encodePart(header), encodePart(payload), signer)
}

/** As {@link forgeJwt}, with both parts already in base64url, canonical or not. */
export async function signParts(header: string, payload: string, signer: JwtSigner): Promise<string> {
  const signature = await signer(Buffer.from(`${header}.${payload}`))
  return `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`
}

export function encodePart(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

export function hmacSigner(
  key: string | Uint8Array,
  hash: 'sha256' | 'sha384' | 'sha512' = 'sha256',
): JwtSigner {
  return (input) => createHmac(hash, key).update(input).digest()
}

export function es256Signer(key: KeyObject): JwtSigner {
  return (input) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
}

/** The other spellings of a base64url text: they decode to the same bytes, but are not the ones an encoder writes. */
export function otherSpellings(canonical: string): string[] {
  const bytes = Buffer.from(canonical, 'base64url')
  return [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    .map((character) => canonical.slice(0, -1) + character)
    .filter((text) => text !== canonical && Buffer.from(text, 'base64url').equals(bytes))
}

/** Every text that one changed, added or lost character makes of this one. */
export function oneCharacterAway(text: string, alphabet: string): string[] {
  return Array.from({ length: text.length + 1 }, (_, index) => {
    const [before, after] = [text.slice(0, index), text.slice(index)]
    const characters = [...alphabet].filter((character) => character !== after[0])
    const added = characters.map((character) => before + character + after)
    const changed = characters.map((character) => before + character + after.slice(1))
    return after ? [...added, ...changed, before + after.slice(1)] : added
  }).flat()
}
