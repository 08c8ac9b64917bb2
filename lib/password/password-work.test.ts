import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { currentScheme, type PasswordScheme } from '#lib/crypto/password-hash.ts'
import { argon2Work, remainingWork, workTargetOf } from './password-work.ts'

const own = argon2Work(currentScheme)
const bcrypt = (cost: number): PasswordScheme => ({ algorithm: 'bcrypt', cost })
const argon2id = (memoryKiB: number, passes: number) =>
  ({ algorithm: 'argon2id', memoryKiB, passes, lanes: 1 }) as const

describe('the work that every sign-in spends', () => {
  test('is that of a new hash while nothing costlier is stored', () => {
    expect(workTargetOf([], currentScheme)).toEqual({ argon2: own, bcryptCost: null })
    expect(workTargetOf([argon2id(4096, 1)], currentScheme)).toEqual({ argon2: own, bcryptCost: null })
  })

  test('includes the costliest bcrypt, and the costliest argon2, that more than one row in a hundred has', () => {
    const schemes = [
      ...Array(95).fill(currentScheme),
      ...Array(2).fill(bcrypt(12)),
      bcrypt(14),
      ...Array(2).fill(argon2id(65_536, 3)),
    ]
    expect(workTargetOf(schemes, currentScheme)).toEqual({ argon2: 65_536 * 3, bcryptCost: 12 })
  })

  test('takes rare costs together: two rows of different high costs need what both of them need', () => {
    const schemes = [...Array(98).fill(currentScheme), bcrypt(12), bcrypt(13)]
    expect(workTargetOf(schemes, currentScheme).bcryptCost).toBe(12)
  })

  test('is not moved by one row in a hundred', () => {
    const schemes = [...Array(99).fill(currentScheme), bcrypt(14)]
    expect(workTargetOf(schemes, currentScheme)).toEqual({ argon2: own, bcryptCost: null })
  })
})

describe('what is left to spend after one verification', () => {
  const target = { argon2: own, bcryptCost: 12 }

  test('for an unknown account is all of it', () => {
    expect(remainingWork(null, target)).toEqual({ argon2: own, bcryptCosts: [12] })
  })

  test('for a hash of today is the bcrypt that others still need', () => {
    expect(remainingWork(currentScheme, target)).toEqual({ argon2: 0, bcryptCosts: [12] })
  })

  test('for a bcrypt hash is the argon2, and what brings a cheaper cost up to the target', () => {
    expect(remainingWork(bcrypt(12), target)).toEqual({ argon2: own, bcryptCosts: [] })
    expect(remainingWork(bcrypt(10), target)).toEqual({ argon2: own, bcryptCosts: [10, 11] })
  })

  test('for a hash costlier than the target is nothing of its kind', () => {
    expect(remainingWork(bcrypt(13), target).bcryptCosts).toEqual([])
    expect(remainingWork(argon2id(65_536, 3), target).argon2).toBe(0)
  })
})

test('whatever the scheme of an account, it and the rest are together the target, to within the noise of one hash', () => {
  const scheme = fc.oneof(
    fc.constant(null),
    fc.integer({ min: 4, max: 14 }).map(bcrypt),
    fc
      .tuple(fc.integer({ min: 8, max: 262_144 }), fc.integer({ min: 1, max: 10 }))
      .map(([m, t]) => argon2id(m, t)),
  )
  fc.assert(
    fc.property(scheme, fc.array(scheme), (ofAccount, others) => {
      const stored = others.filter((one) => one !== null)
      const target = workTargetOf(stored, currentScheme)
      const rest = remainingWork(ofAccount, target)
      const isBcrypt = ofAccount?.algorithm === 'bcrypt'
      const argon2 = rest.argon2 + (ofAccount && !isBcrypt ? argon2Work(ofAccount) : 0)
      expect(argon2).toBeGreaterThanOrEqual(target.argon2 - 1024)
      const rounds = rest.bcryptCosts.reduce(
        (sum, cost) => sum + 2 ** cost,
        isBcrypt ? 2 ** ofAccount.cost : 0,
      )
      expect(rounds).toBeGreaterThanOrEqual(target.bcryptCost === null ? 0 : 2 ** target.bcryptCost)
      if (!ofAccount)
        expect([argon2, rounds]).toEqual([
          target.argon2,
          target.bcryptCost === null ? 0 : 2 ** target.bcryptCost,
        ])
    }),
    { numRuns: 500 },
  )
})
