import { randomUUID, randomBytes as systemBytes } from 'node:crypto'

/** @returns `size` bytes of the operating system's generator */
export function randomBytes(size: number): Buffer {
  return systemBytes(size)
}

/** @returns a UUID of version 4 (RFC 9562 section 5.4), 122 bits of the same generator */
export function randomUuid(): string {
  return randomUUID()
}
