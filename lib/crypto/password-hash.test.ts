import argon2 from 'argon2'
import bcrypt from 'bcryptjs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { createBcryptWorkers } from './bcrypt-workers.ts'
import {
  currentScheme,
  hashPassword,
  isOutdated,
  type PasswordScheme,
  readPasswordScheme,
  verifyPasswordHash,
} from './password-hash.ts'

const workers = createBcryptWorkers(`${import.meta.dirname}/bcrypt-worker.mjs`)
afterAll(() => workers.close())

const salt = 'YWFhYWFhYWFhYWFhYWFhYQ'
const tag = 'YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE'

describe('a new hash', () => {
  test('is argon2id with the parameters of today, in the order of the reference: m, t, p', async () => {
    const hash = await hashPassword('quiet harbour')

    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(readPasswordScheme(hash)).toEqual(currentScheme)
  })

  test('is verified by the right password only, and as the argon2 package does', async () => {
    const hash = await hashPassword('quiet harbour')

    expect(await verify(hash, 'quiet harbour')).toBe(true)
    expect(await verify(hash, 'Quiet harbour')).toBe(false)
    expect(await verify(hash, '')).toBe(false)
    expect(await argon2.verify(hash, 'quiet harbour')).toBe(true)
  })

  test('has a salt of its own each time', async () => {
    const [first, second] = await Promise.all([hashPassword('same'), hashPassword('same')])

    expect(first.split('$')[4]).not.toBe(second.split('$')[4])
    expect(first.split('$')[5]).not.toBe(second.split('$')[5])
  })
})

describe('hashes that others made are verified', () => {
  test.each(['2a', '2b', '2y'])('bcrypt $%s$, in a worker thread', async (version) => {
    const hash = bcrypt.hashSync('quiet harbour', bcrypt.genSaltSync(4).replace('$2b$', `$${version}$`))
    let threads = 0
    const onWorker = () => {
      threads += 1
    }
    process.on('worker', onWorker)
    const fresh = createBcryptWorkers(`${import.meta.dirname}/bcrypt-worker.mjs`)

    expect(hash).toMatch(`$${version}$04$`)
    expect(readPasswordScheme(hash)).toEqual({ algorithm: 'bcrypt', cost: 4 })
    expect(await verifyPasswordHash(hash, schemeOf(hash), 'quiet harbour', fresh)).toBe(true)
    expect(await verifyPasswordHash(hash, schemeOf(hash), 'quiet harbor', fresh)).toBe(false)
    expect(threads).toBe(1)
    process.off('worker', onWorker)
    await fresh.close()
  })

  test('argon2 in the order m, t, p, as the package writes it', async () => {
    const hash = await argon2.hash('quiet harbour', { memoryCost: 1024, timeCost: 3, parallelism: 2 })

    expect(hash).toMatch(/\$m=1024,t=3,p=2\$/)
    expect(schemeOf(hash)).toEqual({ algorithm: 'argon2id', memoryKiB: 1024, passes: 3, lanes: 2 })
    expect(await verify(hash, 'quiet harbour')).toBe(true)
    expect(await verify(hash, 'quiet harbor')).toBe(false)
  })

  test.each([
    'm=1024,t=3,p=2',
    'm=1024,p=2,t=3',
    't=3,m=1024,p=2',
    't=3,p=2,m=1024',
    'p=2,t=3,m=1024',
    'p=2,m=1024,t=3',
  ])('argon2 with its parameters as %s', (parameters) => {
    expect(readPasswordScheme(`$argon2id$v=19$${parameters}$${salt}$${tag}`)).toEqual({
      algorithm: 'argon2id',
      memoryKiB: 1024,
      passes: 3,
      lanes: 2,
    })
  })

  test.each([
    ['argon2id', argon2.argon2id],
    ['argon2i', argon2.argon2i],
    ['argon2d', argon2.argon2d],
  ] as const)('%s', async (algorithm, type) => {
    const hash = await argon2.hash('quiet harbour', { type, memoryCost: 64, timeCost: 1, parallelism: 1 })

    expect(schemeOf(hash).algorithm).toBe(algorithm)
    expect(await verify(hash, 'quiet harbour')).toBe(true)
    expect(await verify(hash, 'quiet harbor')).toBe(false)
  })

  test('no hash that has a scheme makes verification throw', async () => {
    const base64 = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom(...'ABCxyz019+/'), minLength, maxLength, size: 'max' })
    const text = fc
      .tuple(
        fc.constantFrom('argon2id', 'argon2i', 'argon2d'),
        fc.integer({ min: 7, max: 40 }),
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 0, max: 2 }),
        base64(8, 60),
        base64(4, 90),
      )
      .map(([id, m, t, p, ...rest]) => `$${id}$v=19$m=${m},t=${t},p=${p}$${rest.join('$')}`)
    let verified = 0

    await fc.assert(
      fc.asyncProperty(text, async (hash) => {
        const scheme = readPasswordScheme(hash)
        if (!scheme) return
        expect(await verifyPasswordHash(hash, scheme, 'password', workers)).toBe(false)
        verified += 1
      }),
      { numRuns: 500 },
    )
    expect(verified).toBeGreaterThan(20)
  })
})

describe('what could stop the server, or is no hash, has no scheme', () => {
  const argon2Hash = (memory: number | string, passes: number | string, lanes: number | string) =>
    `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${salt}$${tag}`

  test.each([
    [262_144, 10, 4],
    [8, 1, 1],
    [32, 1, 4],
  ])('argon2 up to the bounds is accepted: m=%d t=%d p=%d', (memory, passes, lanes) => {
    expect(readPasswordScheme(argon2Hash(memory, passes, lanes))).toEqual({
      algorithm: 'argon2id',
      memoryKiB: memory,
      passes,
      lanes,
    })
  })

  test.each([
    [262_145, 2, 1],
    [4_294_967_296, 2, 1],
    [19_456, 11, 1],
    [19_456, 2, 5],
    [7, 1, 1],
    [31, 1, 4],
    [0, 2, 1],
    [19_456, 0, 1],
    [19_456, 2, 0],
    ['-1', 2, 1],
    ['1e4', 2, 1],
    ['0x10', 2, 1],
    ['', 2, 1],
  ])('argon2 beyond the bounds is not: m=%s t=%s p=%s', (memory, passes, lanes) => {
    expect(readPasswordScheme(argon2Hash(memory, passes, lanes))).toBeNull()
  })

  test.each(['04', '10', '12', '14'])('bcrypt of cost %s is accepted', (cost) => {
    expect(readPasswordScheme(`$2b$${cost}$${'a'.repeat(53)}`)).toEqual({
      algorithm: 'bcrypt',
      cost: Number(cost),
    })
  })

  test.each(['00', '03', '15', '31', '99', '4', '010', 'ab'])('bcrypt of cost %s is not', (cost) => {
    expect(readPasswordScheme(`$2b$${cost}$${'a'.repeat(53)}`)).toBeNull()
  })

  test.each([
    ['nothing', ''],
    ['a password', 'quiet harbour'],
    ['MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['the broken bcrypt', `$2x$10$${'a'.repeat(53)}`],
    ['the first bcrypt', `$2$10$${'a'.repeat(53)}`],
    ['bcrypt that was cut', `$2b$10$${'a'.repeat(52)}`],
    ['bcrypt with more behind it', `$2b$10$${'a'.repeat(54)}`],
    ['bcrypt outside its alphabet', `$2b$10$${'a'.repeat(52)}!`],
    ['bcrypt with a line break', `$2b$10$${'a'.repeat(53)}\n`],
    ['argon2 without a version', `$argon2id$m=19456,t=2,p=1$${salt}$${tag}`],
    ['the first version of argon2', `$argon2id$v=16$m=19456,t=2,p=1$${salt}$${tag}`],
    ['no kind of argon2', `$argon2$v=19$m=19456,t=2,p=1$${salt}$${tag}`],
    ['argon2 without lanes', `$argon2id$v=19$m=19456,t=2$${salt}$${tag}`],
    ['a parameter twice', `$argon2id$v=19$m=19456,t=2,t=2$${salt}$${tag}`],
    ['a parameter that we do not know', `$argon2id$v=19$m=19456,t=2,p=1,keyid=a$${salt}$${tag}`],
    ['argon2 without its hash', `$argon2id$v=19$m=19456,t=2,p=1$${salt}`],
    ['a salt that argon2 refuses', `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(10)}$${tag}`],
    ['a salt without end', `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(87)}$${tag}`],
    ['a hash that anything equals', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$YQ`],
    ['a hash without end', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${'a'.repeat(1_000_000)}`],
    ['a space in front', ` $argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}`],
  ])('%s', (_, text) => {
    expect(readPasswordScheme(text)).toBeNull()
  })
})

describe('a hash is replaced at the next right sign-in', () => {
  const scheme = (change: object) => ({ ...currentScheme, ...change }) as PasswordScheme

  test.each<[PasswordScheme, boolean]>([
    [currentScheme, false],
    [scheme({ memoryKiB: 19_455 }), true],
    [scheme({ memoryKiB: 65_536 }), false],
    [scheme({ passes: 1, memoryKiB: 65_536 }), true],
    [scheme({ passes: 3 }), false],
    [scheme({ lanes: 0 }), true],
    [scheme({ lanes: 4 }), false],
    [scheme({ algorithm: 'argon2i' }), true],
    [scheme({ algorithm: 'argon2d' }), true],
    [{ algorithm: 'bcrypt', cost: 14 }, true],
  ])('%j: %s', (made, expected) => {
    expect(isOutdated(made)).toBe(expected)
  })
})

function schemeOf(hash: string): PasswordScheme {
  const scheme = readPasswordScheme(hash)
  if (!scheme) throw new Error(`no scheme for ${hash}`)
  return scheme
}

function verify(hash: string, password: string): Promise<boolean> {
  return verifyPasswordHash(hash, schemeOf(hash), password, workers)
}
