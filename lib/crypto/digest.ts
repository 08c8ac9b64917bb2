import { createHash, hash, timingSafeEqual } from 'node:crypto'

/** SHA-256, for equality and lookup keys only; never for passwords. */
export function sha256(content: string | Uint8Array): Buffer {
  return createHash('sha256').update(content).digest()
}

/** The same as a key of a map, without a Hash and a Buffer on the way. */
export function sha256Key(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** SHA-1 in upper-case hex: only for the breach range protocol, which is defined on it. */
export function sha1Hex(text: string): string {
  return createHash('sha1').update(text).digest('hex').toUpperCase()
}

/** Compares without telling how much was equal. Of different lengths: false, which only tells the length. */
export function equalInConstantTime(left: string, right: string): boolean {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}
