import { randomBytes as nodeRandomBytes } from 'node:crypto'

/** @returns `size` bytes of the operating system's generator */
export function randomBytes(size: number): Buffer {
  return nodeRandomBytes(size)
}
