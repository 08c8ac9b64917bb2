import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4096)
let used = pool.length

/**
 * @returns `size` bytes of the operating system's generator. Small amounts come from a pool: every request draws an id,
 *          and a call of the generator costs more than the rest of making one.
 */
export function randomBytes(size: number): Buffer {
  if (size > pool.length / 16) return randomFillSync(Buffer.alloc(size))
  if (used + size > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + size))
  // Handed out once, and nowhere else.
  pool.fill(0, used, used + size)
  used += size
  return bytes
}
