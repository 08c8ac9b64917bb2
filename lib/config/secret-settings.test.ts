import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type AccessTokenClaims, readAccessToken } from '#lib/crypto/access-token.ts'
import { deriveRefreshToken, readRefreshToken } from '#lib/crypto/refresh-token.ts'
import {
  deriveObjectKey,
  deriveRootKeys,
  type KeyPurpose,
  macOf,
  type RootKey,
  type RootKeys,
} from '#lib/crypto/root-keys.ts'
import { seal, unseal } from '#lib/crypto/sealing.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { makeSessionCredential, readSessionCredential } from '#lib/crypto/session-credential.ts'
import { generateSigningKey, openSigningKey } from '#lib/crypto/signing-key.ts'
import { forgeJwt, hmacSigner } from '#test/support/forged-jwt.ts'
import type { Config } from './config.ts'
import { readConfig } from './read-config.ts'

const goodSecret = 'kX9v2mQ4pL7wR1tY8uI3oP6aS5dF0gH2jK4lZ7xC'
const otherSecret = 'Zc8bN1mA5sD3fG7hJ9kL2qW4eR6tY0uI8oP5xV3n'
const generated = new Secret('a secret that trial and development generate')
const modes = {
  strict: {
    DATABASE_URL: 'postgresql://localhost/session_db',
    APP_URL: 'https://auth.example.com',
    MAIL: 'off',
  },
  development: { DATABASE_URL: 'postgresql://localhost/session_db', DEBUG: 'true' },
}

describe('AUTH_SECRET', () => {
  test('several are kept in their order: the first makes, all verify', () => {
    const config = read('strict', { AUTH_SECRET: `${goodSecret}, ${otherSecret}` })

    expect(revealed(config)).toEqual({ roots: [goodSecret, otherSecret], shared: null })
  })

  test.each([
    ['31 bytes', 'kX9v2mQ4pL7wR1tY8uI3oP6aS5dF0gH', 'is 31 bytes long'],
    ['nothing but commas', ',,', 'is not set'],
    ['few characters', 'abcabcabcabcabcabcabcabcabcabcabcabcabc', 'repeats a few characters'],
    [
      'a published value',
      '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
      'the FastAPI tutorial',
    ],
    ['the example of .env.example', 'replace-this-with-32-or-more-random-bytes', 'our own .env.example'],
    ['a placeholder', 'your-secret-key-that-is-long-enough-to-pass', 'a placeholder of many examples'],
    ['a weak one behind a good one', `${goodSecret},short`, 'is 5 bytes long'],
  ])('%s is refused in strict mode: %s', (_, value, problem) => {
    const problems = problemsOf('strict', { AUTH_SECRET: value })

    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^AUTH_SECRET /)
    expect(problems[0]).toContain(problem)
  })

  test('its length counts in bytes: 32 are enough, in any script', () => {
    for (const value of [goodSecret.slice(0, 32), 'āēīōūáéíóúàèìòùä']) {
      expect(Buffer.byteLength(value)).toBe(32)
      expect(revealed(read('strict', { AUTH_SECRET: value })).roots).toEqual([value])
    }
  })
})

describe('JWT_SECRET as the root, as the old backend named it', () => {
  test('serves while AUTH_SECRET is not set and tokens are ES256, with a warning', () => {
    const outcome = readConfig({ ...modes.strict, JWT_SECRET: goodSecret }, null)

    if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
    expect(revealed(outcome.config)).toEqual({ roots: [goodSecret], shared: null })
    expect(outcome.warnings.map(({ setting }) => setting)).toEqual(['JWT_SECRET'])
  })

  test('is one secret, commas included', () => {
    const value = `${goodSecret},${otherSecret}`

    expect(revealed(read('strict', { JWT_SECRET: value })).roots).toEqual([value])
  })

  test('does not serve beside AUTH_SECRET', () => {
    const outcome = outcomeOf('strict', { AUTH_SECRET: goodSecret, JWT_SECRET: otherSecret })

    if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
    expect(revealed(outcome.config)).toEqual({ roots: [goodSecret], shared: null })
    expect(outcome.warnings).toEqual([])
  })

  test.each([
    ['your_jwt_secret_key', 'is a published value (the example of the old backend)'],
    ['short', 'is 5 bytes long'],
  ])('%s is refused in strict mode', (value, problem) => {
    expect(problemsOf('strict', { JWT_SECRET: value })[0]).toContain(`JWT_SECRET ${problem}`)
  })

  test('with HS256 it never serves as the root: strict asks for AUTH_SECRET, development generates one', () => {
    const hs256 = { JWT_ALGORITHM: 'HS256', JWT_SECRET: goodSecret }

    expect(problemsOf('strict', hs256)).toEqual(['AUTH_SECRET is needed beside JWT_SECRET with HS256'])
    expect(revealed(read('development', hs256))).toEqual({ roots: [generated.reveal()], shared: goodSecret })
  })
})

describe('JWT_SECRET as the shared secret of HS256', () => {
  test('is kept apart from the root', () => {
    const config = read('strict', {
      JWT_ALGORITHM: 'HS256',
      AUTH_SECRET: goodSecret,
      JWT_SECRET: otherSecret,
    })

    expect(config.accessToken.algorithm).toBe('HS256')
    expect(revealed(config)).toEqual({ roots: [goodSecret], shared: otherSecret })
  })

  test('is needed, in every mode', () => {
    for (const mode of ['strict', 'development'] as const) {
      expect(problemsOf(mode, { JWT_ALGORITHM: 'HS256', AUTH_SECRET: goodSecret })).toEqual([
        'JWT_SECRET is not set, and JWT_ALGORITHM=HS256 signs with it',
      ])
    }
  })

  test('is judged like a root in strict mode', () => {
    const hs256 = { JWT_ALGORITHM: 'HS256', AUTH_SECRET: goodSecret }

    expect(problemsOf('strict', { ...hs256, JWT_SECRET: 'short' })[0]).toContain('JWT_SECRET is 5 bytes long')
    expect(problemsOf('strict', { ...hs256, JWT_SECRET: 'your_jwt_secret_key' })[0]).toContain('published')
  })

  test.each([
    ['equals AUTH_SECRET', goodSecret, goodSecret],
    ['equals one of several', `${otherSecret},${goodSecret}`, goodSecret],
    ['equals several as they are written', `${goodSecret},${otherSecret}`, `${goodSecret},${otherSecret}`],
    ['differs in spaces only', goodSecret, ` ${goodSecret} `],
    ['holds it', goodSecret, `prefix ${goodSecret}`],
  ])('is refused in every mode and with either algorithm when it %s', (_, authSecret, jwtSecret) => {
    for (const mode of ['strict', 'development'] as const) {
      for (const algorithm of ['HS256', 'ES256']) {
        const variables = { JWT_ALGORITHM: algorithm, AUTH_SECRET: authSecret, JWT_SECRET: jwtSecret }
        expect(problemsOf(mode, variables)).toEqual([
          'JWT_SECRET holds AUTH_SECRET: whoever verifies tokens could then forge everything',
        ])
      }
    }
  })
})

describe('whoever knows JWT_SECRET under HS256 can forge access tokens, and opens nothing else', () => {
  const config = read('strict', { JWT_ALGORITHM: 'HS256', AUTH_SECRET: goodSecret, JWT_SECRET: otherSecret })
  const roots = deriveRootKeys(config.rootSecrets)
  const now = new Date('2026-11-02T12:00:00.000Z')
  const nowSeconds = now.getTime() / 1000
  const sessionId = '01999999-aaaa-7bbb-8ccc-dddddddddddd'
  const credentialClaims = {
    subject: '42',
    sessionId,
    sessionEpoch: 1,
    issuedAt: nowSeconds,
    expiresAt: nowSeconds + 600,
  }

  test('the keys it can derive are none of ours', () => {
    const ours = purposes.map((purpose) => roots.current.keyFor(purpose).toString('hex'))
    const theirs = keysOf(otherSecret).map((key) => Buffer.from(key).toString('hex'))

    expect(theirs.filter((key) => ours.includes(key))).toEqual([])
    expect(theirs.length).toBeGreaterThan(100)
  })

  test('as a root it reads none of our credentials, and we read none that it makes', async () => {
    const theirs = thieves(otherSecret, roots)
    const credential = makeSessionCredential(roots, credentialClaims).reveal()
    const refreshToken = deriveRefreshToken(roots, { sessionId, generation: 1 }).reveal()

    for (const thief of theirs) {
      const forged = makeSessionCredential(thief, credentialClaims).reveal()
      const forgedRefresh = deriveRefreshToken(thief, { sessionId, generation: 1 }).reveal()
      expect((await readSessionCredential(credential, thief, now)).kind).toBe('invalid')
      expect((await readSessionCredential(forged, roots, now)).kind).toBe('invalid')
      expect(readRefreshToken(thief, refreshToken)).toBeNull()
      expect(readRefreshToken(roots, forgedRefresh)).toBeNull()
    }
  })

  test('it unseals nothing and seals nothing that we would open', async () => {
    const sealed = seal(roots, Buffer.from('sealed by us'), 'row 1')
    const signingKey = await generateSigningKey(roots)

    for (const thief of thieves(otherSecret, roots)) {
      expect(unseal(thief, sealed, 'row 1')).toBeNull()
      expect(unseal(roots, seal(thief, Buffer.from('sealed by a thief'), 'row 1'), 'row 1')).toBeNull()
      expect(openSigningKey(thief, signingKey)).toBeNull()
    }
  })

  test('no key of its making signs a session cookie, a refresh token, a device mark or a set-up key', async () => {
    const cookiePayload = { sid: sessionId, sep: 1, sub: '42', iat: nowSeconds, exp: nowSeconds + 600 }
    const header = { alg: 'HS256', typ: 'session+jwt', kid: String(roots.current.id) }
    const marks = (['device', 'setup'] as const).map((purpose) =>
      macOf(roots.current.keyFor(purpose), 'message'),
    )

    for (const key of keysOf(otherSecret)) {
      const cookie = await forgeJwt(header, cookiePayload, hmacSigner(key))
      expect((await readSessionCredential(cookie, roots, now)).kind).toBe('invalid')
      for (const secret of [key, deriveObjectKey(Buffer.from(key), sessionId)]) {
        const proof = macOf(Buffer.from(secret), `${sessionId}|1`)
        expect(readRefreshToken(roots, `${sessionId}.1.${roots.current.id}.${proof}`)).toBeNull()
      }
      expect(marks).not.toContain(macOf(Buffer.from(key), 'message'))
    }
  })

  test('an access token that it forges is one, and is taken for no session cookie', async () => {
    const profile = { issuer: config.appUrl, audience: config.accessToken.audience }
    const payload = {
      ...{ iss: profile.issuer, aud: profile.audience, sub: '42', sid: sessionId, sep: 1 },
      ...{ roles: ['ADMIN'], amr: ['pwd'], auth_time: nowSeconds, iat: nowSeconds, exp: nowSeconds + 600 },
    }
    const header = { alg: 'HS256', typ: 'at+jwt', kid: String(roots.current.id) }
    const token = await forgeJwt(header, payload, hmacSigner(otherSecret))

    const reading = await readAccessToken(token, 'HS256', () => Buffer.from(otherSecret), profile, now)
    expect(reading).toMatchObject({
      kind: 'valid',
      claims: { subject: '42' } satisfies Partial<AccessTokenClaims>,
    })
    expect((await readSessionCredential(token, roots, now)).kind).toBe('invalid')
  })

  test('with the root itself each of these attacks works, so the attacks are real', async () => {
    const cookiePayload = { sid: sessionId, sep: 1, sub: '42', iat: nowSeconds, exp: nowSeconds + 600 }
    const header = { alg: 'HS256', typ: 'session+jwt', kid: String(roots.current.id) }
    const cookies = await Promise.all(
      keysOf(goodSecret).map((key) => forgeJwt(header, cookiePayload, hmacSigner(key))),
    )
    const readings = await Promise.all(cookies.map((cookie) => readSessionCredential(cookie, roots, now)))
    const proofs = keysOf(goodSecret).map((key) =>
      macOf(deriveObjectKey(Buffer.from(key), sessionId), `${sessionId}|1`),
    )
    const tokens = proofs.map((proof) => `${sessionId}.1.${roots.current.id}.${proof}`)

    expect(readings.filter(({ kind }) => kind === 'valid')).not.toEqual([])
    expect(tokens.filter((token) => readRefreshToken(roots, token))).not.toEqual([])
    expect(
      openSigningKey(deriveRootKeys([new Secret(goodSecret)]), await generateSigningKey(roots)),
    ).not.toBeNull()
  })
})

/** A new purpose is a type error here until it is part of these attacks. */
const allPurposes: Record<KeyPurpose, true> = {
  refresh: true,
  cookie: true,
  sealing: true,
  device: true,
  setup: true,
  form: true,
  link: true,
  code: true,
  inbox: true,
  invitation: true,
  cursor: true,
  idempotency: true,
  dance: true,
  'auth-js': true,
}
const purposes = Object.keys(allPurposes) as KeyPurpose[]

/** Everything that can be derived from a secret with the functions of this server, one and two steps deep. */
function keysOf(secret: string): (string | Uint8Array)[] {
  const first = [secret, ...spellingsOf(secret)].flatMap((text) => [text, ...rootKeysOf(text)])
  const second = rootKeysOf(secret).flatMap((key) => [
    ...purposes.map((purpose) => deriveObjectKey(key, purpose)),
    ...rootKeysOf(key.toString('base64url')),
    ...rootKeysOf(key.toString('hex')),
  ])
  return [...first, ...second]
}

function spellingsOf(secret: string): string[] {
  const digest = createHash('sha256').update(secret).digest()
  return [digest.toString('hex'), digest.toString('base64url'), Buffer.from(secret).toString('base64url')]
}

function rootKeysOf(secret: string): Buffer[] {
  const root = deriveRootKeys([new Secret(secret)]).current
  return [...purposes, 'root-id', 'AUTH_SECRET', ''].map((purpose) => root.keyFor(purpose as KeyPurpose))
}

/** Root keys that a thief can make of a secret, under its own id byte and under ours. */
function thieves(secret: string, ours: RootKeys): RootKeys[] {
  const own = deriveRootKeys([new Secret(secret)])
  const posing: RootKey = { ...own.current, id: ours.current.id }
  const crossed = purposes.map((purpose) => ({
    id: ours.current.id,
    keyFor: () => own.current.keyFor(purpose),
  }))
  return [own, ...[posing, ...crossed].map((root) => ({ current: root, all: [root] }))]
}

function read(mode: keyof typeof modes, variables: Record<string, string>): Config {
  const outcome = outcomeOf(mode, variables)
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

function problemsOf(mode: keyof typeof modes, variables: Record<string, string>): string[] {
  const outcome = outcomeOf(mode, variables)
  if (outcome.kind === 'read') throw new Error('read')
  return outcome.problems.map(({ setting, problem }) => `${setting} ${problem}`)
}

function outcomeOf(mode: keyof typeof modes, variables: Record<string, string>) {
  const supplies = mode === 'strict' ? null : { authSecret: generated, databaseUrl: null }
  return readConfig({ ...modes[mode], ...variables }, supplies)
}

function revealed(config: Config) {
  return {
    roots: config.rootSecrets.map((secret) => secret.reveal()),
    shared: config.accessToken.sharedSecret?.reveal() ?? null,
  }
}
