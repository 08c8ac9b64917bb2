import type { KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  es256Signer,
  forgeJwt,
  hmacSigner,
  oneCharacterAway,
  otherSpellings,
} from '#test/support/forged-jwt.ts'
import { newRootSecret, oldRootSecret, secretWithTheIdOf } from '#test/support/root-secrets.ts'
import { readAccessToken, signAccessToken } from './access-token.ts'
import { deriveRefreshToken } from './refresh-token.ts'
import { deriveRootKeys, type KeyPurpose } from './root-keys.ts'
import {
  makeSessionCredential,
  readSessionCredential,
  type SessionCredentialClaims,
} from './session-credential.ts'
import { generateSigningKey, openSigningKey, openVerificationKey } from './signing-key.ts'

const now = new Date('2026-11-02T12:00:00.000Z')
const nowSeconds = now.getTime() / 1000
const roots = deriveRootKeys([oldRootSecret])
const cookieKey = roots.current.keyFor('cookie')
const claims: SessionCredentialClaims = {
  subject: '42',
  sessionId: '01999999-aaaa-7bbb-8ccc-dddddddddddd',
  sessionEpoch: 3,
  issuedAt: nowSeconds,
  expiresAt: nowSeconds + 30 * 86_400,
}

/** The same on the wire. */
const payload = { sid: claims.sessionId, sep: 3, sub: '42', iat: nowSeconds, exp: claims.expiresAt }
const header = { alg: 'HS256', typ: 'session+jwt', kid: String(roots.current.id) }
const valid = { kind: 'valid', claims }
const invalid = { kind: 'invalid', because: expect.any(String) }

describe('a credential that we made', () => {
  test('it is read as what it says, and holds nothing but that', async () => {
    const credential = await make()
    const [head, body] = credential
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'))

    expect(await read(credential)).toEqual(valid)
    expect(JSON.parse(head ?? '')).toEqual(header)
    expect(JSON.parse(body ?? '')).toEqual(payload)
  })

  test('it is the same however often it is made, so that a tab can never lose it', async () => {
    expect(await make()).toBe(await make())
  })

  test('it cannot be printed by accident', async () => {
    expect(String(makeSessionCredential(roots, claims))).toBe('[secret]')
  })

  test.each([
    [29, 'valid'],
    [31, 'expired'],
  ])('%d s after its end it is %s', async (secondsPast, kind) => {
    const later = new Date((claims.expiresAt + secondsPast) * 1000)

    expect(await readSessionCredential(await make(), roots, later)).toEqual({ kind, claims })
  })

  test.each([
    [29, 'valid'],
    [31, 'invalid'],
  ])('made %d s in the future it is %s', async (secondsAhead, kind) => {
    const earlier = new Date((nowSeconds - secondsAhead) * 1000)

    expect((await readSessionCredential(await make(), roots, earlier)).kind).toBe(kind)
  })
})

describe('a cookie is no access token, and an access token is no cookie', () => {
  const profile = { issuer: 'https://auth.example.com', audience: null }
  const accessClaims = { ...claims, roles: ['USER'], amr: ['pwd'], authTime: nowSeconds }
  const accessPayload = {
    ...payload,
    iss: profile.issuer,
    roles: ['USER'],
    amr: ['pwd'],
    auth_time: nowSeconds,
  }

  test('a credential is refused by the reader of access tokens, with either algorithm', async () => {
    const stored = await generateSigningKey(roots)
    const publicKey = await openVerificationKey(stored)
    const shared = Buffer.from('a secret that old resource servers share with us')

    expect(await readAccessToken(await make(), 'ES256', () => publicKey, profile, now)).toEqual(invalid)
    expect(await readAccessToken(await make(), 'HS256', () => shared, profile, now)).toEqual(invalid)
  })

  test('an access token of either algorithm is refused as a credential', async () => {
    const stored = await generateSigningKey(roots)
    const key = openSigningKey(roots, stored)
    if (!key) throw new Error('not opened')
    const shared = Buffer.from('a secret that old resource servers share with us')
    const tokens = [
      signAccessToken({ algorithm: 'ES256', kid: stored.kid, key }, profile, accessClaims),
      signAccessToken({ algorithm: 'ES256', kid: header.kid, key }, profile, accessClaims),
      signAccessToken({ algorithm: 'HS256', key: shared }, profile, accessClaims),
      signAccessToken({ algorithm: 'HS256', kid: header.kid, key: shared }, profile, accessClaims),
    ]

    for (const token of tokens) expect(await read(token.reveal())).toEqual(invalid)
  })

  test('the type alone keeps them apart, even if both were made with one key', async () => {
    const signer = { algorithm: 'HS256', kid: header.kid, key: cookieKey } as const
    const access = signAccessToken(signer, profile, accessClaims).reveal()
    const cookie = await forgeJwt(header, accessPayload, hmacSigner(cookieKey))

    expect((await readAccessToken(access, 'HS256', () => cookieKey, profile, now)).kind).toBe('valid')
    expect(await read(access)).toEqual(invalid)
    expect((await read(cookie)).kind).toBe('valid')
    expect(await readAccessToken(cookie, 'HS256', () => cookieKey, profile, now)).toEqual(invalid)
  })

  test('a refresh token is neither', async () => {
    const token = deriveRefreshToken(roots, { sessionId: claims.sessionId, generation: 1 }).reveal()

    expect(await read(token)).toEqual(invalid)
  })
})

describe('a credential that we did not make is invalid', () => {
  test('the helper of these tests makes credentials that are valid', async () => {
    expect(await read(await forge(payload))).toEqual(valid)
  })

  test('every single character changed, added or lost', async () => {
    const credential = await make()

    for (const altered of oneCharacterAway(credential, 'A.')) {
      expect((await read(altered)).kind, altered).toBe('invalid')
    }
  })

  test('the same signature bytes in another spelling', async () => {
    const credential = await make()
    const signature = credential.split('.')[2] ?? ''
    const spellings = otherSpellings(signature)

    expect(spellings).toHaveLength(3)
    for (const spelling of spellings)
      expect(await read(credential.replace(signature, spelling))).toEqual(invalid)
  })

  test('signed with any other key of the root, with the root itself, or with nothing', async () => {
    const purposes: KeyPurpose[] = ['refresh', 'sealing', 'device', 'setup']
    const keys = [...purposes.map((purpose) => roots.current.keyFor(purpose)), oldRootSecret.reveal(), '']

    for (const key of keys) {
      expect(await read(await forgeJwt(header, payload, hmacSigner(key)))).toEqual(invalid)
    }
  })

  test('another algorithm, even with the right key, and none', async () => {
    const tokens = [
      await forgeJwt({ ...header, alg: 'HS384' }, payload, hmacSigner(cookieKey, 'sha384')),
      await forgeJwt({ ...header, alg: 'HS512' }, payload, hmacSigner(cookieKey, 'sha512')),
      await forgeJwt({ ...header, alg: 'none' }, payload, () => Buffer.alloc(0)),
      await forgeJwt({ ...header, alg: 'none' }, payload, () => Buffer.alloc(1)),
      await forgeJwt({ ...header, alg: 'ES256' }, payload, es256Signer(await strangersKey())),
    ]

    for (const token of tokens) expect(await read(token)).toEqual(invalid)
  })

  test.each([undefined, null, '', 'x', 256, -1, {}, 'Infinity'])('root id %j', async (kid) => {
    expect(await read(await forgeJwt({ ...header, kid }, payload, hmacSigner(cookieKey)))).toEqual(invalid)
  })

  test('what is no token at all', async () => {
    for (const text of ['', '.', '..', 'a.b.c', 'bnVsbA.e30.AA', '\0', 'x'.repeat(100_000)]) {
      expect(await read(text)).toEqual(invalid)
    }
  })

  test.each(['session', 'JWT', 'at+jwt', undefined])('typ %j', async (typ) => {
    expect(await read(await forgeJwt({ ...header, typ }, payload, hmacSigner(cookieKey)))).toEqual(invalid)
  })

  test.each(['sub', 'sid', 'sep', 'iat', 'exp'])('without %s', async (claim) => {
    expect(await read(await forge({ ...payload, [claim]: undefined }))).toEqual(invalid)
  })

  test.each([
    ['sub', 42],
    ['sid', null],
    ['sep', '3'],
    ['iat', '1'],
    ['exp', 'never'],
  ])('%s of the wrong type: %j', async (claim, value) => {
    expect(await read(await forge({ ...payload, [claim]: value }))).toEqual(invalid)
  })

  test.each([
    ['sid', 'x'],
    ['sid', ''],
    ['sid', '01999999-AAAA-7bbb-8ccc-dddddddddddd'],
    ['sid', '01999999aaaa7bbb8cccdddddddddddd'],
    ['sid', '{01999999-aaaa-7bbb-8ccc-dddddddddddd}'],
    ['sid', '01999999-aaaa-7bbb-8ccc-dddddddddddd\n'],
    ['sub', ''],
    ['sub', '0'],
    ['sub', '-42'],
    ['sub', '042'],
    ['sub', '42 '],
    ['sub', '42.0'],
    ['sub', '4e1'],
    ['sub', 'anna'],
    ['sub', '9007199254740992'],
    ['sub', '99999999999999999999'],
  ])('%s that no session has: %j', async (claim, value) => {
    expect(await read(await forge({ ...payload, [claim]: value }))).toEqual(invalid)
  })

  test('the largest user id is a subject', async () => {
    const sub = String(Number.MAX_SAFE_INTEGER)
    expect(await read(await forge({ ...payload, sub }))).toMatchObject({
      kind: 'valid',
      claims: { subject: sub },
    })
  })
})

describe('rotation of the root secret', () => {
  test('old credentials keep working while the old secret is listed, and new ones are made under the new one', async () => {
    const both = deriveRootKeys([newRootSecret, oldRootSecret])
    const madeBefore = await make()
    const madeAfter = makeSessionCredential(both, claims).reveal()

    expect(await readSessionCredential(madeBefore, both, now)).toEqual(valid)
    expect(await readSessionCredential(madeAfter, both, now)).toEqual(valid)
    expect(await readSessionCredential(madeAfter, deriveRootKeys([newRootSecret]), now)).toEqual(valid)
    expect(await readSessionCredential(madeAfter, roots, now)).toEqual(invalid)
  })

  test('once the old secret is gone its credentials are refused, whichever root they name', async () => {
    const next = deriveRootKeys([newRootSecret])
    const renamed = { ...header, kid: String(next.current.id) }

    expect(await readSessionCredential(await make(), next, now)).toEqual(invalid)
    expect(
      await readSessionCredential(await forgeJwt(renamed, payload, hmacSigner(cookieKey)), next, now),
    ).toEqual(invalid)
  })

  test('of two roots with one id byte, both are tried', async () => {
    const twins = deriveRootKeys([secretWithTheIdOf(oldRootSecret), oldRootSecret])

    expect(await readSessionCredential(await make(), twins, now)).toEqual(valid)
  })
})

async function make(): Promise<string> {
  return makeSessionCredential(roots, claims).reveal()
}

function forge(content: unknown): Promise<string> {
  return forgeJwt(header, content, hmacSigner(cookieKey))
}

function read(presented: string) {
  return readSessionCredential(presented, roots, now)
}

async function strangersKey(): Promise<KeyObject> {
  const key = openSigningKey(roots, await generateSigningKey(roots))
  if (!key) throw new Error('not opened')
  return key
}
