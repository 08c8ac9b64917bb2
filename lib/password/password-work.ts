import type { Argon2Scheme, PasswordScheme } from '#lib/crypto/password-hash.ts'

/**
 * The work that every sign-in spends, whether or not the account exists and however its hash was made: as much argon2
 * and as much bcrypt as the costliest of each kind that more than one row in a hundred still needs.
 */
export interface WorkTarget {
  /** KiB × passes. */
  argon2: number
  /** bcrypt cost (log2 of its rounds); null: none. */
  bcryptCost: number | null
}

/** Rows that are rarer than this may take longer than others. */
const rareShare = 0.01

/** Finds the target for a sample of the schemes in the database. `own` is what new hashes cost. Pure. */
export function workTargetOf(schemes: readonly PasswordScheme[], own: Argon2Scheme): WorkTarget {
  const least = schemes.length * rareShare
  const isCommon = (predicate: (scheme: PasswordScheme) => boolean) =>
    schemes.filter(predicate).length > least
  const argon2 = schemes
    .filter((scheme): scheme is Argon2Scheme => scheme.algorithm !== 'bcrypt')
    .map(argon2Work)
    .filter((work) => isCommon((scheme) => scheme.algorithm !== 'bcrypt' && argon2Work(scheme) >= work))
  const bcrypt = schemes
    .filter((scheme) => scheme.algorithm === 'bcrypt')
    .map((scheme) => scheme.cost)
    .filter((cost) => isCommon((scheme) => scheme.algorithm === 'bcrypt' && scheme.cost >= cost))
  return {
    argon2: Math.max(argon2Work(own), ...argon2),
    bcryptCost: bcrypt.length > 0 ? Math.max(...bcrypt) : null,
  }
}

export function argon2Work({ memoryKiB, passes }: Argon2Scheme): number {
  return memoryKiB * passes
}

/** What is left to spend after one verification, in pieces that can be run. */
export interface Remainder {
  /** KiB × passes; 0: none. */
  argon2: number
  /** One decoy comparison for each cost. */
  bcryptCosts: readonly number[]
}

/** Less argon2 than this is lost in the noise of one hash. */
const negligibleArgon2 = 1024

/**
 * What a sign-in spends besides verifying `scheme` (null: no account, or no password). Exact for bcrypt: a hash of
 * cost c and one decoy each of c, c+1 … t-1 are together the work of cost t. Pure.
 */
export function remainingWork(scheme: PasswordScheme | null, target: WorkTarget): Remainder {
  const spent = scheme && scheme.algorithm !== 'bcrypt' ? argon2Work(scheme) : 0
  const left = target.argon2 - spent
  return {
    argon2: left > negligibleArgon2 ? left : 0,
    bcryptCosts: remainingBcrypt(scheme?.algorithm === 'bcrypt' ? scheme.cost : null, target.bcryptCost),
  }
}

function remainingBcrypt(spent: number | null, target: number | null): number[] {
  if (target === null) return []
  if (spent === null) return [target]
  return Array.from({ length: Math.max(0, target - spent) }, (_, index) => spent + index)
}
