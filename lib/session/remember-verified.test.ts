import { expect, test } from 'vitest'
import { rememberVerified } from './remember-verified.ts'

const issuedAt = 1_700_000_000
const claims = { issuedAt, expiresAt: issuedAt + 600 }
const at = (seconds: number) => new Date((issuedAt + seconds) * 1000)

/** Counts how often it is asked; tokens that start with "good" verify. */
function verifier() {
  const asked: string[] = []
  const read = rememberVerified(async (presented, now) => {
    asked.push(presented)
    if (!presented.startsWith('good')) return { kind: 'invalid' as const, because: 'signature' }
    return { kind: now > at(630) ? ('expired' as const) : ('valid' as const), claims }
  })
  return { read, asked }
}

test('a valid credential is verified once and gives the same claims again', async () => {
  const { read, asked } = verifier()

  expect(await read('good', at(0))).toEqual({ kind: 'valid', claims })
  expect(await read('good', at(599))).toEqual({ kind: 'valid', claims })
  expect(asked).toEqual(['good'])
})

test('from its exp on, and before its iat, it is verified anew at every use', async () => {
  const { read, asked } = verifier()
  await read('good', at(1))

  expect((await read('good', at(600))).kind).toBe('valid')
  expect((await read('good', at(631))).kind).toBe('expired')
  await read('good', at(-1))
  expect(asked).toHaveLength(4)
})

test('what was valid only within the leeway is not remembered', async () => {
  const { read, asked } = verifier()
  await read('good', at(610))
  await read('good', at(1))
  expect(asked).toHaveLength(2)
})

test('what does not verify is never remembered, and one changed letter is another credential', async () => {
  const { read, asked } = verifier()
  await read('good', at(1))

  for (const forged of ['goo', 'bad', 'bad', 'food', 'GOOD']) {
    expect((await read(forged, at(1))).kind).toBe('invalid')
  }
  expect(asked).toHaveLength(6)
})

test('a verification that fails is not remembered as anything', async () => {
  let fails = true
  const read = rememberVerified(async () => {
    if (fails) throw new Error('no keys')
    return { kind: 'valid' as const, claims }
  })

  await expect(read('good', at(1))).rejects.toThrow('no keys')
  fails = false
  expect((await read('good', at(1))).kind).toBe('valid')
})
