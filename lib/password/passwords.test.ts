import argon2 from 'argon2'
import bcrypt from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BcryptWorkers, createBcryptWorkers } from '#lib/crypto/bcrypt-workers.ts'
import { createHashQueue } from '#lib/crypto/hash-queue.ts'
import { systemClock } from '#lib/runtime/clock.ts'
import { createLog } from '#lib/runtime/log.ts'
import { createMetrics } from '#lib/runtime/metrics.ts'
import { serverForThisTest } from '#test/support/harness.ts'
import { createPasswords } from './passwords.ts'

const workers: { bcrypt?: BcryptWorkers } = {}

beforeAll(() => {
  workers.bcrypt = createBcryptWorkers(`${process.cwd()}/lib/crypto/bcrypt-worker.mjs`)
})
afterAll(() => workers.bcrypt?.close())

/** Real parts, with a note of every bcrypt comparison (by its cost) and of every log line. */
function passwordsOf({ slots = 2, waitingMax = 64 } = {}) {
  const bcryptCosts: number[] = []
  const log: string[] = []
  const metrics = createMetrics()
  const compare: BcryptWorkers['compare'] = async (password, hash) => {
    bcryptCosts.push(Number(hash.split('$')[2]))
    return workers.bcrypt?.compare(password, hash) ?? false
  }
  const passwords = createPasswords({
    queue: createHashQueue({ slots, waitingMax, waitMsMax: 2000, monotonicNow: systemClock.monotonicMs }),
    bcrypt: { compare, close: async () => {} },
    clock: systemClock,
    log: createLog('debug', { write: (line: string) => void log.push(line) }),
    metrics,
  })
  const workDone = async () =>
    Number(/^password_hash_duration_seconds_count (\d+)$/m.exec(await metrics.expose())?.[1])
  return { passwords, bcryptCosts, log, workDone }
}

const right = 'quiet little harbour'

describe('a presented password is', () => {
  test('right for the hash that was made of it, and wrong for any other', async () => {
    const { passwords } = passwordsOf()
    const hash = await passwords.hash(right)

    expect(await passwords.verify(hash, right)).toEqual({ kind: 'right', isOutdated: false })
    for (const wrong of [`${right} `, right.toUpperCase(), '', right.slice(1)]) {
      expect(await passwords.verify(hash, wrong)).toEqual({ kind: 'wrong' })
    }
  })

  test('right in every spelling that NFC makes one', async () => {
    const { passwords } = passwordsOf()
    const composed = 'café au lait'
    for (const given of [composed, composed.normalize('NFD')]) {
      const hash = await passwords.hash(given)
      expect((await passwords.verify(hash, composed)).kind).toBe('right')
      expect((await passwords.verify(hash, composed.normalize('NFD'))).kind).toBe('right')
    }
  })

  test('right for an imported hash, which is outdated', async () => {
    const { passwords } = passwordsOf()
    const imported = [bcrypt.hashSync(right, 4), await argon2.hash(right, { memoryCost: 4096, timeCost: 2 })]
    for (const hash of imported) {
      expect(await passwords.verify(hash, right)).toEqual({ kind: 'right', isOutdated: true })
      expect(await passwords.verify(hash, 'wrong one')).toEqual({ kind: 'wrong' })
    }
  })

  test('wrong for an account that is unknown, and for a hash that cannot be read, which is logged without it', async () => {
    const { passwords, log } = passwordsOf()
    const unreadable = `$2b$31$${'a'.repeat(53)}`

    expect(await passwords.verify(null, right)).toEqual({ kind: 'wrong' })
    expect(log).toEqual([])
    expect(await passwords.verify(unreadable, right)).toEqual({ kind: 'wrong' })
    expect(log.join()).toContain('password_hash_unreadable')
    expect(log.join()).not.toContain(unreadable)
  })

  test('wrong when it is over 1,024 bytes, even where the stored hash is of its first ones', async () => {
    const { passwords } = passwordsOf()
    const long = 'x'.repeat(1025)
    const hash = bcrypt.hashSync(long.slice(0, 72), 4)

    expect((await passwords.verify(hash, long.slice(0, 72))).kind).toBe('right')
    expect((await passwords.verify(hash, long)).kind).toBe('wrong')
  })
})

describe('every verification spends the same', () => {
  test('one piece of work in the queue, for a known account, an unknown one, an unreadable hash and an endless password', async () => {
    const { passwords, workDone } = passwordsOf()
    const hash = await passwords.hash(right)
    const before = await workDone()
    const presented: [string | null, string][] = [
      [hash, right],
      [hash, 'wrong one'],
      [null, right],
      ['unreadable', right],
      [hash, 'x'.repeat(10_000)],
    ]
    for (const [stored, password] of presented) await passwords.verify(stored, password)

    expect(await workDone()).toBe(before + presented.length)
  })

  test('once it has learned that accounts still have bcrypt hashes, as much bcrypt for all of them', async () => {
    const own = await serverForThisTest()
    await own.database.sql(`
      WITH subject AS (
        INSERT INTO users (email, username)
        SELECT n || '@example.com', 'user-' || n FROM generate_series(1, 10) AS n RETURNING id
      )
      INSERT INTO password_credentials (user_id, password_hash)
      SELECT id, CASE WHEN id % 2 = 0 THEN '${bcrypt.hashSync(right, 6)}' ELSE '${bcrypt.hashSync(right, 4)}' END
      FROM subject`)
    const { passwords, bcryptCosts } = passwordsOf()
    const hash = await passwords.hash(right)
    await passwords.calibrate(own.runtime.database)
    const stored = [null, hash, 'unreadable', bcrypt.hashSync(right, 6), bcrypt.hashSync(right, 4)]
    const costs: number[][] = []
    for (const one of stored) {
      bcryptCosts.length = 0
      await passwords.verify(one, right)
      costs.push([...bcryptCosts])
    }

    expect(costs).toEqual([[6], [6], [6], [6], [4, 4, 5]])
    const rounds = costs.map((each) => each.reduce((sum, cost) => sum + 2 ** cost, 0))
    expect(new Set(rounds)).toEqual(new Set([2 ** 6]))
  })

  test('every spelling costs the whole of it, hit or miss', async () => {
    const { passwords, bcryptCosts } = passwordsOf()
    const decomposed = 'cafe\u0301 au lait'
    for (const hash of [bcrypt.hashSync(decomposed, 4), bcrypt.hashSync('another', 4)]) {
      bcryptCosts.length = 0
      await passwords.verify(hash, decomposed)
      expect(bcryptCosts).toEqual([4, 4])
    }
  })
})

describe('when more is asked than can be done', () => {
  test('work beyond the queue is 503 overloaded, at once and without being done', async () => {
    const { passwords, workDone } = passwordsOf({ slots: 1, waitingMax: 1 })
    passwords.requireRoom()
    const accepted = [passwords.verify(null, right), passwords.hash(right)]

    expect(() => passwords.requireRoom()).toThrow(expect.objectContaining({ code: 'overloaded' }))
    await expect(passwords.verify(null, right)).rejects.toMatchObject({
      code: 'overloaded',
      options: { retryAfterSeconds: expect.any(Number) },
    })
    await expect(passwords.hash(right)).rejects.toMatchObject({ code: 'overloaded' })

    await Promise.all(accepted)
    expect(await workDone()).toBe(2)
    passwords.requireRoom()
  })
})
