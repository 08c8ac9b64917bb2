import { describe, expect, test } from 'vitest'
import { encodePart, forgeJwt, hmacSigner } from '#test/support/forged-jwt.ts'
import { clockLeewaySeconds, type KeyLookup, verifyJwt } from './jwt.ts'

const now = new Date('2026-11-02T12:00:00.000Z')
const nowSeconds = now.getTime() / 1000
const key = Buffer.from('a key of these tests that is long enough')
const options = { typ: 'x+jwt', algorithms: ['HS256'], requiredClaims: ['sub'], currentDate: now }

test('a verified token gives all its claims', async () => {
  const claims = { sub: '1', exp: nowSeconds + 1, own: [1, 'two', { three: null }] }

  expect(await verify(claims)).toEqual({ kind: 'valid', claims })
})

test('the lookup is given the kid, and undefined where there is none', async () => {
  const asked: unknown[] = []
  const lookup: KeyLookup = (kid) => {
    asked.push(kid)
    return key
  }
  const header = { alg: 'HS256', typ: 'x+jwt' }

  await verifyJwt(await forgeJwt({ ...header, kid: 'a' }, { sub: '1' }, hmacSigner(key)), lookup, options)
  await verifyJwt(await forgeJwt(header, { sub: '1' }, hmacSigner(key)), lookup, options)

  expect(asked).toEqual(['a', undefined])
})

test('a lookup that finds nothing, now or later, makes the token invalid', async () => {
  const token = await forgeJwt({ alg: 'HS256', typ: 'x+jwt' }, { sub: '1' }, hmacSigner(key))

  for (const lookup of [() => null, async () => null]) {
    expect(await verifyJwt(token, lookup, options)).toEqual({
      kind: 'invalid',
      because: 'ERR_JWKS_NO_MATCHING_KEY',
    })
  }
})

test('a claim that is asked for must be there', async () => {
  expect(await verify({ exp: nowSeconds + 1 })).toEqual({ kind: 'invalid', because: expect.any(String) })
})

describe('times that a token may leave out', () => {
  test('without times it is valid', async () => {
    expect((await verify({ sub: '1' })).kind).toBe('valid')
  })

  test('the leeway is 30 s, in each of exp, iat and nbf', async () => {
    expect(clockLeewaySeconds).toBe(30)
    expect((await verify({ sub: '1', exp: nowSeconds - 29 })).kind).toBe('valid')
    expect((await verify({ sub: '1', exp: nowSeconds - 30 })).kind).toBe('expired')
    for (const claim of ['iat', 'nbf']) {
      expect((await verify({ sub: '1', [claim]: nowSeconds + 30 })).kind).toBe('valid')
      expect((await verify({ sub: '1', [claim]: nowSeconds + 31 })).kind).toBe('invalid')
    }
  })
})

test('the reason never repeats what was presented', async () => {
  const marked = 'presented-by-a-stranger'
  const tokens = [
    marked,
    `${encodePart(marked)}.${encodePart(marked)}.AAAA`,
    await forgeJwt({ alg: marked, typ: marked, kid: marked }, { sub: marked }, hmacSigner(marked)),
    await forgeJwt({ alg: 'HS256', typ: marked }, { sub: marked }, hmacSigner(key)),
    await forgeJwt({ alg: 'HS256', typ: 'x+jwt' }, { sub: marked, iss: marked }, hmacSigner(key)),
  ]

  for (const token of tokens) {
    const verdict = await verifyJwt(token, () => key, { ...options, issuer: 'us' })
    expect(verdict.kind).toBe('invalid')
    expect(JSON.stringify(verdict)).not.toContain(marked)
  }
})

async function verify(claims: object) {
  const token = await forgeJwt({ alg: 'HS256', typ: 'x+jwt' }, claims, hmacSigner(key))
  return verifyJwt(token, () => key, options)
}
