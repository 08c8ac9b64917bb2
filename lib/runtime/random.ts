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
  // Version 4 has its random bits and its variant at the same places.
  return timePart(now.getTime()) + random.uuid().slice(15)
}

let last = { ms: Number.NaN, text: '' }

/** Written once for all ids of a millisecond. */
function timePart(ms: number): string {
  if (ms === last.ms) return last.text
  const time = ms.toString(16).padStart(12, '0')
  last = { ms, text: `${time.slice(0, 8)}-${time.slice(8)}-7` }
  return last.text
}
