import { randomBytes } from '#lib/crypto/random.ts'

export interface Random {
  bytes(size: number): Buffer
}

export const systemRandom: Random = { bytes: randomBytes }

/**
 * A UUID of version 7 (RFC 9562 section 5.7): sortable by time, 74 random bits. A name, never a secret.
 *
 * @param now  its first 48 bits, in milliseconds
 */
export function newUuidV7(random: Random, now: Date): string {
  const bytes = random.bytes(16)
  bytes.writeUIntBE(now.getTime(), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
