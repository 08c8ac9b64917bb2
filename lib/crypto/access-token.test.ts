import { createPublicKey } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import {
  encodePart,
  es256Signer,
  forgeJwt,
  hmacSigner,
  type JwtSigner,
  oneCharacterAway,
  otherSpellings,
  signParts,
} from '#test/support/forged-jwt.ts'
import { oldRootSecret } from '#test/support/root-secrets.ts'
import { type AccessTokenClaims, readAccessToken, signAccessToken } from './access-token.ts'
import { deriveRootKeys } from './root-keys.ts'
import { generateSigningKey, openSigningKey, openVerificationKey } from './signing-key.ts'

const now = new Date('2026-11-02T12:00:00.000Z')
const nowSeconds = now.getTime() / 1000
const profile = { issuer: 'https://auth.example.com', audience: 'https://api.example.com' }
const sharedSecret = Buffer.from('a secret that old resource servers share with us')

const claims: AccessTokenClaims = {
  subject: '42',
  sessionId: '01999999-aaaa-7bbb-8ccc-dddddddddddd',
  sessionEpoch: 3,
  roles: ['ADMIN', 'USER'],
  amr: ['pwd'],
  authTime: nowSeconds - 60,
  issuedAt: nowSeconds,
  expiresAt: nowSeconds + 600,
}

/** The same on the wire. */
const payload = {
  iss: profile.issuer,
  sub: '42',
  aud: profile.audience,
  exp: nowSeconds + 600,
  iat: nowSeconds,
  sid: claims.sessionId,
  sep: 3,
  roles: ['ADMIN', 'USER'],
  amr: ['pwd'],
  auth_time: nowSeconds - 60,
}

const own = await keyPair()
const stranger = await keyPair()
const header = { alg: 'ES256', typ: 'at+jwt', kid: own.kid }
const valid = { kind: 'valid', claims }
const invalid = { kind: 'invalid', because: expect.any(String) }

describe('a token that we made', () => {
  test('it is read as what it says, and is an RFC 9068 token on the wire', async () => {
    const token = await signOwn(claims)
    const [head, body] = decodeParts(token)

    expect(await read(token)).toEqual(valid)
    expect(head).toEqual(header)
    expect(body).toEqual(payload)
  })

  test('with a shared secret it names no key, and only that secret verifies it', async () => {
    const signer = { algorithm: 'HS256', key: sharedSecret } as const
    const token = signAccessToken(signer, profile, claims).reveal()

    expect(decodeParts(token)[0]).toEqual({ alg: 'HS256', typ: 'at+jwt' })
    expect(await readShared(token)).toEqual(valid)
    expect(await readAccessToken(token, 'HS256', () => Buffer.from('another'), profile, now)).toEqual(invalid)
  })

  test('without an audience none is written and none is asked for', async () => {
    const open = { ...profile, audience: null }
    const token = signAccessToken(own.signer, open, claims).reveal()

    expect(decodeParts(token)[1]).not.toHaveProperty('aud')
    expect(await readAccessToken(token, 'ES256', findKey, open, now)).toEqual(valid)
    expect(await read(token)).toEqual(invalid)
  })

  test('it cannot be printed by accident', async () => {
    expect(String(signAccessToken(own.signer, profile, claims))).toBe('[secret]')
  })

  test('an audience of several that has ours is ours', async () => {
    const aud = ['https://other.example.com', profile.audience]

    expect(await read(await forgeOwn({ ...payload, aud }))).toEqual(valid)
  })
})

describe('time, with 30 s for clocks that differ', () => {
  test.each([
    [-1, 'valid'],
    [29, 'valid'],
    [31, 'expired'],
    [86_400, 'expired'],
  ])('%d s after its end a token is %s, and its claims are known', async (secondsPast, kind) => {
    const ended = { ...claims, issuedAt: nowSeconds - 90_000, expiresAt: nowSeconds - secondsPast }

    expect(await read(await signOwn(ended))).toEqual({ kind, claims: ended })
  })

  test.each([
    ['iat', 29, 'valid'],
    ['iat', 31, 'invalid'],
    ['nbf', 29, 'valid'],
    ['nbf', 31, 'invalid'],
  ])('with %s %d s in the future it is %s', async (claim, secondsAhead, kind) => {
    const ahead = { ...payload, [claim]: nowSeconds + secondsAhead }

    expect((await read(await forgeOwn(ahead))).kind).toBe(kind)
  })

  test('of a token that is wrong in another way it is not said that it expired', async () => {
    const ended = { ...payload, exp: nowSeconds - 600 }

    expect(await read(await forgeJwt(header, ended, es256Signer(stranger.privateKey)))).toEqual(invalid)
    expect(await read(await forgeOwn({ ...ended, iss: 'https://evil.example.com' }))).toEqual(invalid)
    expect(await read(await forgeOwn({ ...ended, sep: 'three' }))).toEqual(invalid)
  })
})

describe('a token that our key did not sign is invalid', () => {
  test('the helper of these tests signs tokens that are valid', async () => {
    expect(await read(await forgeOwn(payload))).toEqual(valid)
  })

  test('every single character of the signature and of the claims changed', async () => {
    const token = await signOwn(claims)
    const [head = '', body = '', signature = ''] = token.split('.')
    const texts = [
      ...oneCharacterAway(signature, 'Ab0').map((altered) => `${head}.${body}.${altered}`),
      ...oneCharacterAway(body, 'Q').map((altered) => `${head}.${altered}.${signature}`),
      ...oneCharacterAway(head, 'Q').map((altered) => `${altered}.${body}.${signature}`),
    ]

    for (const text of texts) expect((await read(text)).kind, text).toBe('invalid')
  })

  test.each(['none', 'None', 'NONE', 'nOnE', ''])(
    'algorithm %j, without and with a signature',
    async (alg) => {
      const unsigned = `${encodePart({ ...header, alg })}.${encodePart(payload)}`
      const signature = (await signOwn(claims)).split('.')[2]

      expect(await read(`${unsigned}.`)).toEqual(invalid)
      expect(await read(`${unsigned}.AA`)).toEqual(invalid)
      expect(await read(`${unsigned}.${signature}`)).toEqual(invalid)
      expect(await readShared(`${unsigned}.AA`)).toEqual(invalid)
    },
  )

  test('HS256 with any form of the public key as the shared secret', async () => {
    const publicKey = createPublicKey({ key: { ...own.publicJwk }, format: 'jwk' })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const { x, y } = own.publicJwk
    const forms = [
      pem,
      pem.trim(),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(own.publicJwk),
      JSON.stringify({ keys: [own.publicJwk] }),
      Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]),
      Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]),
      own.kid,
      '',
    ]

    for (const form of forms) {
      const token = await forgeJwt({ ...header, alg: 'HS256' }, payload, hmacSigner(form))
      expect(await read(token)).toEqual(invalid)
    }
  })

  test('another algorithm than ours, even with the right secret', async () => {
    for (const [alg, hash] of [
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
    ] as const) {
      const token = await forgeJwt({ alg, typ: 'at+jwt' }, payload, hmacSigner(sharedSecret, hash))
      expect(await readShared(token)).toEqual(invalid)
    }
    expect(await readShared(await signOwn(claims))).toEqual(invalid)
    expect(await read(await forgeShared(payload))).toEqual(invalid)
    expect(await readShared(await forgeShared(payload))).toEqual(valid)
  })

  test('a signature of zeros, or in another encoding', async () => {
    const [head, body, signature = ''] = (await signOwn(claims)).split('.')
    const raw = Buffer.from(signature, 'base64url')
    const der = Buffer.concat([
      Buffer.of(0x30, 68, 2, 32),
      raw.subarray(0, 32),
      Buffer.of(2, 32),
      raw.subarray(32),
    ])

    for (const bytes of [Buffer.alloc(64), Buffer.alloc(1), der, Buffer.concat([raw, raw])]) {
      expect(await read(`${head}.${body}.${bytes.toString('base64url')}`)).toEqual(invalid)
    }
  })

  test('a kid that is not ours, no kid, and a kid that is no text', async () => {
    const tokens = [
      await forgeJwt({ ...header, kid: stranger.kid }, payload, es256Signer(stranger.privateKey)),
      await forgeJwt(header, payload, es256Signer(stranger.privateKey)),
      await forgeJwt({ ...header, kid: 'unknown' }, payload, own.sign),
      await forgeJwt({ ...header, kid: '' }, payload, own.sign),
      await forgeJwt({ ...header, kid: null }, payload, own.sign),
      await forgeJwt({ ...header, kid: [own.kid] }, payload, own.sign),
      await forgeJwt({ alg: 'ES256', typ: 'at+jwt' }, payload, own.sign),
    ]

    for (const token of tokens) expect(await read(token)).toEqual(invalid)
  })

  test('a key that the token brings along, or names the address of, is not used', async () => {
    const lures = [
      { jwk: stranger.publicJwk },
      { jku: 'https://evil.example.com/jwks.json' },
      { x5u: 'https://evil.example.com/cert.pem' },
      { x5c: ['AAAA'] },
    ]

    for (const lure of lures) {
      for (const kid of [own.kid, stranger.kid, undefined]) {
        const token = await forgeJwt({ ...header, kid, ...lure }, payload, es256Signer(stranger.privateKey))
        expect(await read(token)).toEqual(invalid)
      }
    }
  })
})

describe('a token that our key signed for something else is invalid', () => {
  test.each([undefined, 'JWT', 'session+jwt', 'at+jwt2', '', 1, ['at+jwt']])('typ %j', async (typ) => {
    expect(await read(await forgeJwt({ ...header, typ }, payload, own.sign))).toEqual(invalid)
  })

  test.each([
    ['iss', 'https://evil.example.com'],
    ['iss', 'https://auth.example.com/'],
    ['iss', [profile.issuer]],
    ['iss', undefined],
    ['aud', 'https://other.example.com'],
    ['aud', ['https://other.example.com']],
    ['aud', []],
    ['aud', {}],
    ['aud', undefined],
  ])('%s %j', async (claim, value) => {
    expect(await read(await forgeOwn({ ...payload, [claim]: value }))).toEqual(invalid)
  })

  test.each(['sub', 'iat', 'exp', 'sid', 'sep', 'roles', 'amr', 'auth_time'])('without %s', async (claim) => {
    expect(await read(await forgeOwn({ ...payload, [claim]: undefined }))).toEqual(invalid)
  })

  test.each([
    ['sub', 42],
    ['sid', null],
    ['sep', '3'],
    ['roles', 'ADMIN'],
    ['roles', ['ADMIN', 1]],
    ['amr', {}],
    ['amr', [null]],
    ['auth_time', '1'],
    ['iat', 'today'],
    ['exp', 'never'],
    ['exp', null],
    ['nbf', 'now'],
  ])('%s of the wrong type: %j', async (claim, value) => {
    expect(await read(await forgeOwn({ ...payload, [claim]: value }))).toEqual(invalid)
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
    expect(await read(await forgeOwn({ ...payload, [claim]: value }))).toEqual(invalid)
  })

  test('the largest user id is a subject', async () => {
    const sub = String(Number.MAX_SAFE_INTEGER)
    expect(await read(await forgeOwn({ ...payload, sub }))).toMatchObject({
      kind: 'valid',
      claims: { subject: sub },
    })
  })

  test.each<[object, string]>([
    [{ crit: ['exp'] }, 'an extension that nobody knows'],
    [{ crit: ['b64'], b64: false }, 'an unencoded payload'],
    [{ crit: [] }, 'an empty list'],
    [{ crit: 'exp' }, 'no list'],
  ])('crit %j: %s', async (extension) => {
    expect(await read(await forgeJwt({ ...header, ...extension }, payload, own.sign))).toEqual(invalid)
  })
})

describe('a token has exactly one spelling', () => {
  test('the same signature bytes written with another last character', async () => {
    const token = await signOwn(claims)
    const [head, body, signature = ''] = token.split('.')
    const spellings = otherSpellings(signature)

    expect(spellings).toHaveLength(15)
    for (const spelling of spellings) expect(await read(`${head}.${body}.${spelling}`)).toEqual(invalid)
  })

  test('the same for a shared secret', async () => {
    const [head, body, signature = ''] = (await forgeShared(payload)).split('.')
    const spellings = otherSpellings(signature)

    expect(spellings).toHaveLength(3)
    for (const spelling of spellings) expect(await readShared(`${head}.${body}.${spelling}`)).toEqual(invalid)
  })

  test('a header or a payload that is signed in another spelling', async () => {
    const head = encodePart(
      `${JSON.stringify(header)}${' '.repeat((4 - (JSON.stringify(header).length % 3)) % 3)}`,
    )
    const body = encodePart(
      `${JSON.stringify(payload)}${' '.repeat((4 - (JSON.stringify(payload).length % 3)) % 3)}`,
    )

    expect(await read(await signParts(head, body, own.sign))).toEqual(valid)
    for (const other of otherSpellings(head)) {
      expect(await read(await signParts(other, body, own.sign))).toEqual(invalid)
    }
    for (const other of otherSpellings(body)) {
      expect(await read(await signParts(head, other, own.sign))).toEqual(invalid)
    }
    expect(otherSpellings(head).length * otherSpellings(body).length).toBeGreaterThan(0)
  })

  test('padding, the alphabet of plain base64, spaces and line breaks', async () => {
    const token = await signOwn(claims)
    const [head, body, signature] = token.split('.')
    const tokens = [
      `${token}==`,
      `${head}=.${body}.${signature}`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      `${head}.\n${body}.${signature}`,
      token.replace(/[-_]/g, (character) => (character === '-' ? '+' : '/')),
      `Bearer ${token}`,
    ].filter((text) => text !== token)

    for (const text of tokens) expect(await read(text)).toEqual(invalid)
  })

  test('more or fewer than three parts', async () => {
    const token = await signOwn(claims)
    const [head = '', body = '', signature = ''] = token.split('.')
    const texts = [
      '',
      '.',
      '..',
      '...',
      head,
      `${head}.${body}`,
      `${head}.${body}.`,
      `${token}.`,
      `.${token}`,
    ]
    const more = [
      `${token}.${signature}`,
      `${head}..${body}.${signature}`,
      `${token}.x.y`,
      `${head}.${token}`,
    ]

    for (const text of [...texts, ...more]) expect(await read(text)).toEqual(invalid)
  })

  test('a name twice, in the header or in the claims, however it is escaped', async () => {
    const body = JSON.stringify(payload)
    const head = JSON.stringify(header)
    const tokens = [
      await forgeOwn(`{"sub":"1",${body.slice(1)}`),
      await forgeOwn(`${body.slice(0, -1)},"sub":"42"}`),
      await forgeOwn(`${body.slice(0, -1)},"s\\u0075b":"42"}`),
      await forgeOwn(`${body.slice(0, -1)},"x":{"y":1,"y":1}}`),
      await forgeJwt(`{"alg":"none",${head.slice(1)}`, payload, own.sign),
      await forgeJwt(`${head.slice(0, -1)},"k\\u0069d":"${own.kid}"}`, payload, own.sign),
    ]

    for (const token of tokens) expect(await read(token)).toEqual(invalid)
  })

  test('claims or a header that are no JSON object', async () => {
    const texts = ['', '[]', '"text"', 'null', '1', '{', '\ufeff{}', '{}{}', '['.repeat(2000)]

    for (const text of texts) {
      expect(await read(await forgeOwn(text))).toEqual(invalid)
      expect(await read(await forgeJwt(text, payload, own.sign))).toEqual(invalid)
    }
  })

  test('claims with a byte order mark, a NUL or a lone surrogate', async () => {
    const body = JSON.stringify(payload)

    expect(await read(await forgeOwn(`\ufeff${body}`))).toEqual(invalid)
    expect(await read(await forgeOwn(body.replace('"42"', '"42\\u0000"')))).toEqual(invalid)
    expect(await read(await forgeOwn(body.replace('"42"', '"42\\ud800"')))).toEqual(invalid)
  })
})

describe('work that a token can cause', () => {
  test('up to 4,096 characters are read; beyond, it is refused before a key is looked for', async () => {
    const lookup = vi.fn(findKey)
    const long = (length: number) => forgeOwn({ ...payload, x: 'x'.repeat(length) })
    const base = (await long(0)).length
    const fitting = await long(Math.floor(((4096 - base) * 3) / 4) - 3)
    const tooLong = await long(Math.ceil(((4096 - base) * 3) / 4) + 3)
    const huge = await long(75_000)

    expect(fitting.length).toBeGreaterThan(4080)
    expect(await readAccessToken(fitting, 'ES256', lookup, profile, now)).toEqual(valid)
    expect(lookup).toHaveBeenCalledTimes(1)
    expect(huge.length).toBeGreaterThan(100_000)
    for (const token of [tooLong, huge, 'a'.repeat(100_000), '.'.repeat(100_000)]) {
      expect(await readAccessToken(token, 'ES256', lookup, profile, now)).toEqual(invalid)
    }
    expect(lookup).toHaveBeenCalledTimes(1)
  })

  test('of a foreign algorithm or a malformed text no key is looked for', async () => {
    const lookup = vi.fn(findKey)
    const tokens = ['', 'a.b.c', await forgeJwt({ ...header, alg: 'HS256' }, payload, hmacSigner('x'))]

    for (const token of tokens) {
      expect(await readAccessToken(token, 'ES256', lookup, profile, now)).toEqual(invalid)
    }
    expect(lookup).not.toHaveBeenCalled()
  })
})

describe('what is not the fault of the token', () => {
  test('a key store that cannot answer is an error, not an invalid token', async () => {
    const token = await signOwn(claims)
    const broken = new Error('the database is down')

    const lookups = [
      () => Promise.reject(broken),
      () => {
        throw broken
      },
    ]
    for (const lookup of lookups) {
      await expect(readAccessToken(token, 'ES256', lookup, profile, now)).rejects.toBe(broken)
    }
  })

  test('a fault within the verification is thrown as it is', async () => {
    class StoppedClock extends Date {
      override getTime(): number {
        throw new RangeError('no time')
      }
    }

    const reading = readAccessToken(await signOwn(claims), 'ES256', findKey, profile, new StoppedClock())
    await expect(reading).rejects.toThrow('no time')
  })

  test('a key of the wrong kind verifies nothing', async () => {
    expect(await readAccessToken(await signOwn(claims), 'ES256', () => sharedSecret, profile, now)).toEqual(
      invalid,
    )
  })
})

async function keyPair() {
  const roots = deriveRootKeys([oldRootSecret])
  const stored = await generateSigningKey(roots)
  const privateKey = openSigningKey(roots, stored)
  if (!privateKey) throw new Error('the signing key does not open')
  const { kid, publicJwk } = stored
  return {
    kid,
    publicJwk,
    privateKey,
    publicKey: await openVerificationKey(stored),
    signer: { algorithm: 'ES256', kid, key: privateKey } as const,
    sign: es256Signer(privateKey) satisfies JwtSigner,
  }
}

function findKey(kid: string | undefined) {
  return kid === own.kid ? own.publicKey : null
}

function read(token: string) {
  return readAccessToken(token, 'ES256', findKey, profile, now)
}

function readShared(token: string) {
  return readAccessToken(token, 'HS256', () => sharedSecret, profile, now)
}

async function signOwn(content: AccessTokenClaims): Promise<string> {
  return signAccessToken(own.signer, profile, content).reveal()
}

function forgeOwn(content: unknown): Promise<string> {
  return forgeJwt(header, content, own.sign)
}

function forgeShared(content: unknown): Promise<string> {
  return forgeJwt({ alg: 'HS256', typ: 'at+jwt' }, content, hmacSigner(sharedSecret))
}

function decodeParts(token: string): unknown[] {
  return token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
}
