import argon2 from 'argon2'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createBcryptWorkers } from './bcrypt-workers.ts'
import { spendArgon2, spendBcrypt } from './decoy.ts'
import { currentScheme, readPasswordScheme } from './password-hash.ts'

describe('argon2 work that has no result', () => {
  test.each([
    [currentScheme.memoryKiB * currentScheme.passes],
    [currentScheme.memoryKiB],
    [65_536 * 3],
    [30_000],
    [1025],
    [8],
    [1],
  ])('%d KiB × passes are spent, in hashes no larger than a real one is', async (work) => {
    const hash = vi.spyOn(argon2, 'hash')

    expect(await spendArgon2('quiet harbour', work)).toBeUndefined()

    const options = hash.mock.calls[0]?.[1]
    const spent = (options?.memoryCost ?? 0) * (options?.timeCost ?? 0)
    expect(options).toMatchObject({ type: argon2.argon2id, parallelism: 1 })
    expect(Math.abs(spent - Math.max(8, work))).toBeLessThan(Math.max(1, work * 0.001))
    expect(options?.memoryCost).toBeLessThanOrEqual(currentScheme.memoryKiB * 1.5)
  })
})

describe('bcrypt work that has no result', () => {
  test.each([4, 9, 10])(
    'one comparison of cost %d is spent, with a hash that nothing matches',
    async (cost) => {
      const workers = createBcryptWorkers(`${import.meta.dirname}/bcrypt-worker.mjs`)
      onTestFinished(() => workers.close())
      const compare = vi.spyOn(workers, 'compare')

      expect(await spendBcrypt('quiet harbour', cost, workers)).toBeUndefined()

      const [password, hash = ''] = compare.mock.calls[0] ?? []
      expect(password).toBe('quiet harbour')
      expect(readPasswordScheme(hash)).toEqual({ algorithm: 'bcrypt', cost })
      expect(await compare.mock.results[0]?.value).toBe(false)
    },
  )
})
