import argon2 from 'argon2'
import type { BcryptWorkers } from './bcrypt-workers.ts'
import { randomBytes } from './random.ts'

export interface Argon2Scheme {
  algorithm: 'argon2id' | 'argon2i' | 'argon2d'
  memoryKiB: number
  passes: number
  lanes: number
}

export type PasswordScheme = Argon2Scheme | { algorithm: 'bcrypt'; cost: number }

/** What new hashes are made with. */
export type NewHashScheme = Argon2Scheme & { algorithm: 'argon2id' }

/** Parameters of new hashes: OWASP Password Storage, first argon2id row. About 30 ms and 19 MiB each. */
export const currentScheme: NewHashScheme = {
  algorithm: 'argon2id',
  memoryKiB: 19_456,
  passes: 2,
  lanes: 1,
}

/** Stored parameters above these are refused: a planted row must not be able to stop the server. */
const bounds = { memoryKiB: 262_144, passes: 10, lanes: 4, bcryptCost: 14 }

/** Salts of 8 to 64 bytes, hashes of 16 to 64: below its own floor the package throws, at every sign-in of the row. */
const argon2Shape =
  /^\$(argon2id|argon2i|argon2d)\$v=19\$([^$]+)\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/
const argon2Costs = /^m=(\d{1,9}),p=(\d{1,4}),t=(\d{1,4})$/
const bcryptShape = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** Reads how a stored hash was made; null when the format is unknown or its cost is above the bounds. */
export function readPasswordScheme(encoded: string): PasswordScheme | null {
  const [, algorithm, parameters = ''] = argon2Shape.exec(encoded) ?? []
  // Sorted, because not everybody writes them in the order of the reference: this package has m, p, t.
  const [, memory, lanes, passes] = argon2Costs.exec(parameters.split(',').sort().join()) ?? []
  if (algorithm) return withinBounds(algorithm as 'argon2id', Number(memory), Number(passes), Number(lanes))
  const cost = Number(bcryptShape.exec(encoded)?.[1])
  return cost >= 4 && cost <= bounds.bcryptCost ? { algorithm: 'bcrypt', cost } : null
}

function withinBounds(
  algorithm: 'argon2id' | 'argon2i' | 'argon2d',
  memoryKiB: number,
  passes: number,
  lanes: number,
): PasswordScheme | null {
  const acceptable =
    memoryKiB >= 8 * lanes &&
    memoryKiB <= bounds.memoryKiB &&
    passes >= 1 &&
    passes <= bounds.passes &&
    lanes >= 1 &&
    lanes <= bounds.lanes
  return acceptable ? { algorithm, memoryKiB, passes, lanes } : null
}

/** True when a right sign-in should replace this hash by one with the parameters of today. */
export function isOutdated(scheme: PasswordScheme, current = currentScheme): boolean {
  if (scheme.algorithm !== current.algorithm) return true
  const { memoryKiB, passes, lanes } = current
  return scheme.memoryKiB < memoryKiB || scheme.passes < passes || scheme.lanes < lanes
}

const saltBytes = 16

/**
 * Hashes a new password.
 *
 * @returns the PHC string with its parameters in the order m, t, p: the package's own order (m, p, t) is one that the
 *          reference implementation and argon2-cffi refuse to read
 */
export async function hashPassword(password: string, scheme = currentScheme): Promise<string> {
  const { memoryKiB, passes, lanes } = scheme
  const salt = randomBytes(saltBytes)
  const hash = await argon2.hash(password, {
    raw: true,
    salt,
    type: argon2.argon2id,
    memoryCost: memoryKiB,
    timeCost: passes,
    parallelism: lanes,
  })
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(hash)}`
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/**
 * Verifies a password against a stored hash whose scheme has been read (and so bounded) before.
 *
 * @param bcrypt  bcrypt blocks its thread for 100 ms and more, so it never runs on this one
 */
export async function verifyPasswordHash(
  encoded: string,
  scheme: PasswordScheme,
  password: string,
  bcrypt: BcryptWorkers,
): Promise<boolean> {
  return scheme.algorithm === 'bcrypt' ? bcrypt.compare(password, encoded) : argon2.verify(encoded, password)
}
