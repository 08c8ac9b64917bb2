import { randomBytes, randomUuid } from '#lib/crypto/random.ts'

export interface Random {
  bytes(size: number): Buffer
  /** Of version 4. */
  uuid(): string
}

export const systemRandom: Random = { bytes: randomBytes, uuid: randomUuid }

/**
 * A UUID of version 7 (RFC 9562 section 5.7): sortable by time, 74 random bits. A name, never a secret.
 *
 * @param now  its first 48 bits, in milliseconds
 */
export function newUuidV7(random: Random, now: Date): string {
  const time = now.getTime().toString(16).padStart(12, '0')
  // Version 4 has its random bits and its variant at the same places.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.uuid().slice(15)}`
}
