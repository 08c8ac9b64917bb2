import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { contracts } from '#lib/contracts.ts'
import { endpoints } from '#lib/endpoints.ts'
import { respond } from '#lib/http/answer.ts'
import { createRouter } from '#lib/http/router.ts'
import { type ApiClient, newAccount, signIn } from './support/api-client.ts'
import { caughtUp } from './support/caught-up.ts'
import type { TestAnswer } from './support/check-answer.ts'
import { serverForThisTest, type TestServer, testAppUrl, useServer } from './support/harness.ts'
import { passwordWorkSoFar, stopDatabaseTime, watchDatabase } from './support/observations.ts'

const frontEnd = 'https://app.example.com'
const server = useServer({ ALLOWED_ORIGINS: frontEnd })
const cookieName = 'session_8000'
const [login, me] = ['/api/auth/login', '/api/auth/me']
const posts = contracts.filter(({ method }) => method === 'POST').map(({ path }) => path)
const paths = [
  ...new Set(contracts.map(({ path }) => path.replace('{id}', '01890000-0000-7000-8000-000000000000'))),
]

function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  return server.client().send(path, { method: 'POST', body, headers })
}

describe('a body', () => {
  test.each([
    ['cut short', '{"email":"anna"'],
    ['nothing but text', 'email=anna'],
    ['in single quotes', "{'email':'anna'}"],
    ['with something behind it', '{"email":"anna","password":"x"} {}'],
    ['with a trailing comma', '{"email":"anna","password":"x",}'],
    ['with a comment', '{"email":"anna"/**/,"password":"x"}'],
    ['with a name twice', '{"email":"anna","password":"x","email":"eve"}'],
    ['with a name twice, once in escapes', '{"email":"anna","password":"x","em\\u0061il":"eve"}'],
    ['with a name twice further down', '{"email":"anna","password":"x","more":[{"a":1,"a":2}]}'],
    ['with a byte order mark', '\ufeff{"email":"anna","password":"x"}'],
    ['of white space', '   '],
    ['with NaN', '{"email":NaN}'],
  ])('%s is 400 malformed_json on every operation that takes one', async (_, body) => {
    for (const path of posts) expect(await post(path, body), path).toBeProblem(400, 'malformed_json')
  })

  test('that is not UTF-8 is 400 malformed_json', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"email":"'),
      Buffer.of(0xff, 0xc0),
      Buffer.from('","password":"x"}'),
    ])

    expect(await post(login, bytes)).toBeProblem(400, 'malformed_json')
    expect(await post(login, Buffer.from('{"email":"anna"}', 'utf16le'))).toBeProblem(400, 'malformed_json')
  })

  test.each([
    ['an array', '[]'],
    ['a text', '"text"'],
    ['a number', '7'],
    ['null', 'null'],
  ])('that is %s is 422 invalid_request, after the sign-in where one is needed', async (_, body) => {
    for (const path of posts) {
      const needsSignIn = contracts.some((one) => one.path === path && one.principal === 'session')
      const answered = await post(path, body)
      if (needsSignIn) expect(answered, path).toBeProblem(401, 'unauthenticated')
      else expect(answered, path).toBeProblem(422, 'invalid_request')
    }
  })

  test.each([
    ['nested nine deep', `{"a":${'['.repeat(8)}${']'.repeat(8)}}`],
    ['with 65 names', JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, n) => [n, n])))],
    ['with NUL in a text', '{"email":"an\\u0000na","password":"x"}'],
    ['with NUL in a name', '{"em\\u0000ail":"anna"}'],
    ['with half a surrogate pair', '{"email":"anna\\ud83e","password":"x"}'],
    ['with the halves the wrong way round', '{"email":"\\udd89\\ud83e","password":"x"}'],
  ])('%s is 422 invalid_request on every operation, before any sign-in', async (_, body) => {
    for (const path of posts) expect(await post(path, body), path).toBeProblem(422, 'invalid_request')
  })

  test('nested eight deep is looked at, and what nobody asked for is passed over', async () => {
    const body = `{"email":"${newAccount().email}","password":"x","more":${'['.repeat(7)}${']'.repeat(7)}}`

    expect(await post(login, body)).toBeProblem(401, 'invalid_credentials')
  })

  test.each<[string, Record<string, string>]>([
    ['as plain text', { 'content-type': 'text/plain' }],
    ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['as multipart', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['of no type', { 'content-type': '' }],
    ['as a type that begins like JSON', { 'content-type': 'application/json-patch+json' }],
    ['as JSON in another character set', { 'content-type': 'application/json; charset=iso-8859-1' }],
    ['as two types', { 'content-type': 'application/json, text/plain' }],
    ['compressed with gzip', { 'content-encoding': 'gzip' }],
    ['compressed with brotli', { 'content-encoding': 'br' }],
    ['compressed twice', { 'content-encoding': 'identity, gzip' }],
  ])('%s is 415 on every operation that takes one', async (_, headers) => {
    for (const path of posts) {
      const answered = await post(path, '{"email":"anna","password":"x"}', headers)
      expect(answered, path).toBeProblem(415, 'unsupported_media_type')
    }
  })

  test('really compressed is 415 as well, and never unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000, ' '))
    expect(bomb.length).toBeLessThan(16_384)

    expect(await post(login, bomb, { 'content-encoding': 'gzip' })).toBeProblem(415, 'unsupported_media_type')
  })

  test('of JSON may say so in any letter case, and name its character set', async () => {
    const body = `{"email":"${newAccount().email}","password":"x"}`
    for (const type of [
      'application/json',
      'Application/JSON',
      'application/json;charset=utf-8',
      'application/json; charset="UTF-8"',
    ]) {
      const headers = { 'content-type': type, 'content-encoding': 'identity' }
      expect(await post(login, body, headers), type).toBeProblem(401, 'invalid_credentials')
    }
  })

  test('of 16 KiB is read, and one byte more is 413 on every operation, before authentication', async () => {
    const padded = (size: number) => `{"email":"${newAccount().email}","password":"x"}`.padEnd(size)
    expect(await post(login, padded(16_384))).toBeProblem(401, 'invalid_credentials')
    for (const contract of contracts.filter(({ method }) => method !== 'GET')) {
      const path = contract.path.replace('{id}', '1')
      const answered = await server.client().send(path, { method: contract.method, body: padded(16_385) })
      expect(answered, path).toBeProblem(413, 'body_too_large')
    }
  })

  test('that is missing where one is needed is 422 and says what to send', async () => {
    const answered = await server.client().send(login, { method: 'POST' })

    expect(answered).toBeProblem(422, 'invalid_request')
    expect(answered.body.detail).toBe('Send a JSON object.')
  })
})

describe('refusals come in one order', () => {
  const foreignHost = { host: 'evil.example' }
  const tooLarge = 'x'.repeat(16_385)

  test('host, method, size, type, parse, origin, limits, authentication, schema, state', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    for (let attempt = 0; attempt < 11; attempt++) await client.register()
    const browser = own.client()
    await signIn(browser, 'cookie')
    const cookie = `${cookieName}=${browser.cookies.get(cookieName)}`
    const text = { 'content-type': 'text/plain' }
    const at = (path: string, method: string, body: string, headers: Record<string, string>) =>
      client.send(path, { method, body, headers: { cookie, ...headers } })
    const [register, change] = ['/api/auth/register', '/api/auth/change-password']
    const ours = { origin: testAppUrl }

    const steps: [string, Promise<TestAnswer>][] = [
      ['misdirected_host', at(register, 'PUT', tooLarge, { ...foreignHost, ...text })],
      ['method_not_allowed', at(register, 'PUT', tooLarge, text)],
      ['body_too_large', at(register, 'POST', tooLarge, text)],
      ['unsupported_media_type', at(register, 'POST', '{', text)],
      ['malformed_json', at(register, 'POST', '{', {})],
      ['origin_refused', at(register, 'POST', '{}', {})],
      ['rate_limited', at(register, 'POST', '{}', ours)],
      ['unauthenticated', at(change, 'POST', '{}', { cookie: '', ...ours })],
      ['invalid_request', at(change, 'POST', '{}', ours)],
      ['wrong_password', at(change, 'POST', '{"current_password":"a","new_password":"b"}', ours)],
    ]

    for (const [code, answered] of steps) expect((await answered).body.code).toBe(code)
  })

  test('nothing but the limits has been asked before the body is known to be well formed', async () => {
    const watched = watchDatabase(server.runtime)
    const before = await passwordWorkSoFar(server.runtime)
    for (const path of posts) {
      await post(path, '{', { authorization: 'Bearer x' })
      await post(path, '{}', { 'content-type': 'text/plain' })
    }

    expect(watched.names).toEqual([])
    expect(await passwordWorkSoFar(server.runtime)).toBe(before)
  })
})

describe('paths and methods', () => {
  test('an unknown path is 404 for every method, also below /api', async () => {
    for (const path of [
      '/',
      '/api',
      '/api/',
      '/api/auth',
      '/api/auth/login/',
      '/api/auth/Login',
      '/api/auth/me/x',
      '/wp-login.php',
      '/api/auth/sessions/',
      '/%',
      '/%00',
    ]) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PROPFIND']) {
        expect(await server.client().send(path, { method }), `${method} ${path}`).toBeProblem(
          404,
          'not_found',
        )
      }
    }
  })

  test('a method that a path does not answer is 405 and says which it does', async () => {
    const allowed: [string, string][] = [
      [login, 'POST, OPTIONS'],
      [me, 'GET, PATCH, DELETE, HEAD, OPTIONS'],
      ['/api/auth/sessions', 'GET, DELETE, HEAD, OPTIONS'],
      ['/.well-known/jwks.json', 'GET, HEAD, OPTIONS'],
    ]
    for (const [path, allow] of allowed) {
      for (const method of ['PUT', 'PATCH', 'PROPFIND'].filter((one) => !allow.includes(one))) {
        const answered = await server.client().send(path, { method })
        expect(answered, path).toBeProblem(405, 'method_not_allowed')
        expect(answered.headers.get('allow')).toBe(allow)
      }
    }
    expect(await server.client().send(login)).toBeProblem(405, 'method_not_allowed')
  })

  test('HEAD is GET without the body: same status, same headers', async () => {
    const client = server.client()
    await signIn(client)
    for (const path of paths.filter((one) =>
      contracts.some(({ path: known, method }) => known === one && method === 'GET'),
    )) {
      const got = await client.send(path)
      const head = await client.send(path, { method: 'HEAD' })
      expect(head.text, path).toBe('')
      expect(head.status, path).toBe(got.status)
      const names = (headers: Headers) => [...headers.keys()].filter((name) => name !== 'content-length')
      expect(names(head.headers), path).toEqual(names(got.headers))
      // An export has itself in it: each is longer than the last.
      if (path === '/api/auth/export') continue
      expect(head.headers.get('content-length'), path).toBe(String(Buffer.byteLength(got.text)))
    }
    expect((await server.client().send(login, { method: 'HEAD' })).status).toBe(405)
  })

  test('a query is no part of the path', async () => {
    expect((await server.client().send('/api/health/live?probe=1')).status).toBe(200)
    expect((await server.client().send('/api/health/live#x')).status).toBe(200)
  })
})

describe('a refusal that is a page to people', () => {
  const router = createRouter(endpoints)

  function askFor(method: string, path: string, accept: string): Promise<Response> {
    const headers = { host: 'localhost:8000', accept, 'x-request-id': 'the-same-request' }
    const peer = { address: '203.0.113.9', via: 'node', hasPages: false, wasForwarded: false } as const
    const request = new Request(`${testAppUrl}${path}`, { method, headers })
    return respond(server.runtime, router.match(path), request, peer)
  }

  test.each(['/metrics', '/nowhere', '/docs/errors/nope'])(
    'HEAD of %s is what GET is, and both say that Accept decides',
    async (path) => {
      for (const accept of ['text/html', 'application/json']) {
        const got = await askFor('GET', path, accept)
        const head = await askFor('HEAD', path, accept)

        expect(got.status).toBeGreaterThanOrEqual(400)
        expect(head.status).toBe(got.status)
        for (const name of ['content-type', 'vary']) {
          expect(head.headers.get(name), name).toBe(got.headers.get(name))
        }
        expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(await got.text())))
        expect(got.headers.get('vary')).toBe('Origin, Accept')
      }
    },
  )
})

describe('what anybody may read', () => {
  test.each(['/openapi.json', '/.well-known/jwks.json'])(
    '%s answers the preflight of any origin, and lets its headers be read',
    async (path) => {
      const headers = { origin: 'https://anybody.example', 'access-control-request-method': 'GET' }
      const got = await server.client().send(path, { headers })
      const asked = await server.client().send(path, { method: 'OPTIONS', headers })

      for (const answered of [got, asked]) {
        expect(answered.headers.get('access-control-allow-origin')).toBe('*')
        expect(answered.headers.get('access-control-expose-headers')).toContain('ETag')
        expect(answered.headers.has('access-control-allow-credentials')).toBe(false)
      }
    },
  )

  test('the preflight of anything else is for origins that are let in', async () => {
    const headers = { origin: 'https://anybody.example', 'access-control-request-method': 'GET' }
    const asked = await server.client().send(me, { method: 'OPTIONS', headers })

    expect(asked.headers.has('access-control-allow-origin')).toBe(false)
  })
})

describe('other origins', () => {
  function expectCors(answered: TestAnswer, origin: string) {
    const { headers, status, text } = answered
    const where = `${status} ${text}`
    expect(headers.get('access-control-allow-origin'), where).toBe(origin)
    expect(headers.get('access-control-allow-credentials'), where).toBe('true')
    expect(headers.get('access-control-expose-headers'), where).toBe(
      'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, ETag, Link, Idempotency-Replayed, Deprecation, Sunset',
    )
    expect(headers.get('vary'), where).toBe('Origin')
  }

  /** One answer of each status, as somebody at this origin sees it. */
  async function everyRefusal(origin: string): Promise<TestAnswer[]> {
    const own = await serverForThisTest({ ALLOWED_ORIGINS: frontEnd })
    await stopDatabaseTime(own)
    const client = own.client()
    const headers = { origin }
    const json = { email: newAccount().email, password: 'whatever it is' }
    const answers = [
      await client.send('/api/health/live', { headers }),
      await client.send(login, { body: '{', headers }),
      await client.send(me, { headers }),
      await client.send(login, { json: { ...json, transport: 'cookie' }, headers: { origin: 'null' } }),
      await client.send('/api/unknown', { headers }),
      await client.send(login, { method: 'PUT', headers }),
      await client.send(login, { body: 'x'.repeat(20_000), headers }),
      await client.send(login, { body: 'x', headers: { ...headers, 'content-type': 'text/plain' } }),
      await client.send(me, { headers: { ...headers, host: 'evil.example' } }),
      await client.send(login, { json: {}, headers }),
    ]
    for (let attempt = 0; attempt < 5; attempt++) await client.send(login, { json, headers })
    answers.push(await client.send(login, { json, headers }))
    own.runtime.phase = 'starting'
    answers.push(await client.send(me, { headers }))
    return answers
  }

  test('a listed one can read every answer, the refusals too', async () => {
    const answers = await everyRefusal(frontEnd)

    const statuses = answers.map(({ status }) => status)
    expect(statuses).toEqual([200, 400, 401, 403, 404, 405, 413, 415, 421, 422, 429, 503])
    for (const answered of answers.filter(({ status }) => status !== 403)) expectCors(answered, frontEnd)
  })

  test('any other can read none, and no cache may mix the two up', async () => {
    for (const answered of await everyRefusal('https://evil.example')) {
      expect([...answered.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(answered.headers.get('vary')).toBe('Origin')
    }
  })

  test('only the exact origin is the listed one', async () => {
    const near = [
      'https://app.example.com:443',
      'https://app.example.com/',
      'http://app.example.com',
      'https://APP.example.com',
      'https://app.example.com.evil.example',
      'https://evil-app.example.com',
      'null',
      '*',
      '',
    ]
    for (const origin of near) {
      const answered = await server.client().send(me, { headers: { origin } })
      expect(answered.headers.has('access-control-allow-origin'), origin).toBe(false)
    }
    expectCors(await server.client().send(me, { headers: { origin: testAppUrl } }), testAppUrl)
  })

  test('a preflight is 204 for every path, known or not, and says what the path takes', async () => {
    const preflight = (path: string, origin: string) =>
      server.client().send(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      })
    for (const path of [...paths, '/api/unknown', '/']) {
      const answered = await preflight(path, frontEnd)
      expect(answered.status, path).toBe(204)
      expectCors(answered, frontEnd)
      expect(answered.headers.get('access-control-max-age')).toBe('600')
      expect(answered.headers.get('access-control-allow-headers')).toBe(
        'Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id, X-Passive',
      )
      expect(answered.text).toBe('')
    }
    expect((await preflight(login, frontEnd)).headers.get('access-control-allow-methods')).toBe(
      'POST, OPTIONS',
    )
    const foreign = await preflight(login, 'https://evil.example')
    expect(foreign.status).toBe(204)
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false)
  })

  test('in strict mode another program on this machine is another origin; in development it is not', async () => {
    const development = await serverForThisTest({ DEBUG: 'true' })
    const origins = ['http://localhost:3000', 'http://127.0.0.1:5173', 'http://[::1]:3000']
    for (const origin of origins) {
      expect(
        (await server.client().send(me, { headers: { origin } })).headers.has('access-control-allow-origin'),
      ).toBe(false)
      expectCors(await development.client().send(me, { headers: { origin } }), origin)
    }
    for (const origin of [
      'http://localhost.evil.example',
      'http://192.168.1.5:3000',
      'http://localhost:3000/',
      'null',
    ]) {
      const answered = await development.client().send(me, { headers: { origin } })
      expect(answered.headers.has('access-control-allow-origin'), origin).toBe(false)
    }
  })
})

describe('the origin rule', () => {
  const unsafe = contracts.filter(({ method }) => method !== 'GET')

  test('holds for every operation that changes something, while the request carries our cookie', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    for (const { path, method } of unsafe) {
      for (const headers of [{ origin: 'https://evil.example' }, {}] as Record<string, string>[]) {
        const answered = await client.send(path.replace('{id}', '1'), { method, headers })
        expect(answered, `${method} ${path}`).toBeProblem(403, 'origin_refused')
      }
    }
    expect((await client.me()).status).toBe(200)
  })

  test('does not hold for a bearer client, nor for reading', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const headers = { origin: 'https://evil.example' }
    expect((await client.send(me, { headers })).status).toBe(200)

    const app = server.client()
    await signIn(app)
    expect((await app.send('/api/auth/sessions', { method: 'DELETE', headers })).status).toBe(200)
  })
})

describe('the credential of a request', () => {
  async function browser(): Promise<ApiClient> {
    const client = server.client()
    await signIn(client, 'cookie')
    return client
  }

  test('an Authorization header hides the cookie, whatever it holds', async () => {
    const client = await browser()
    const hiding: [string, string][] = [
      ['Bearer x', 'invalid_token'],
      ['Bearer', 'invalid_token'],
      ['bearer  ', 'invalid_token'],
      ['Basic eDp5', 'unauthenticated'],
      ['', 'unauthenticated'],
      ['Digest username="x"', 'unauthenticated'],
    ]
    for (const [authorization, code] of hiding) {
      expect(await client.send(me, { headers: { authorization } }), authorization).toBeProblem(401, code)
    }
  })

  test('two cookies of our name are no credential: one was planted, and nobody can tell which', async () => {
    const client = await browser()
    const value = client.cookies.get(cookieName)
    for (const cookie of [
      `${cookieName}=${value}; ${cookieName}=${value}`,
      `${cookieName}=x; a=b; ${cookieName}=${value}`,
    ]) {
      expect(await client.send(me, { headers: { cookie } })).toBeProblem(401, 'unauthenticated')
    }
    expect(
      (await client.send(me, { headers: { cookie: `a=b; ${cookieName}=${value}; x${cookieName}=1` } }))
        .status,
    ).toBe(200)
  })

  test('a cookie is no bearer token and a bearer token no cookie, nor is a refresh token either of them', async () => {
    const client = await browser()
    const app = server.client()
    await signIn(app)
    const cookie = client.cookies.get(cookieName)
    for (const token of [cookie, app.refreshToken]) {
      const answered = await server.client().send(me, { headers: { authorization: `Bearer ${token}` } })
      expect(answered).toBeProblem(401, 'invalid_token')
      expect(answered.headers.get('www-authenticate')).toBe(
        'Bearer realm="localhost:8000", error="invalid_token", error_description="invalid_token"',
      )
    }
    for (const token of [app.accessToken, app.refreshToken]) {
      const answered = await server.client().send(me, { headers: { cookie: `${cookieName}=${token}` } })
      expect(answered).toBeProblem(401, 'invalid_token')
    }
  })

  test('the scheme is "Bearer" in any letter case', async () => {
    const app = server.client()
    await signIn(app)
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      const headers = { authorization: `${scheme} ${app.accessToken}` }
      expect((await server.client().send(me, { headers })).status, scheme).toBe(200)
    }
  })

  test('the first signed-in request is one round trip to the database, the next ones are none', async () => {
    await caughtUp(server.runtime)
    const watched = watchDatabase(server.runtime)
    for (const transport of ['bearer', 'cookie'] as const) {
      const client = server.client()
      await signIn(client, transport)
      watched.names.length = 0
      for (let request = 0; request < 50; request += 1) expect((await client.me()).status).toBe(200)
      expect(watched.names).toEqual(['read_session_snapshots'])
    }
  })
})

describe('hosts', () => {
  test.each([
    'evil.example',
    'evil.example:8000',
    'localhost',
    'localhost:8001',
    '127.0.0.1:8000',
    '[::1]:8000',
    'localhost.evil.example:8000',
    'localhost:8000.evil.example',
    'evil@localhost:8000',
    'localhost:8000, evil.example',
    '',
  ])('"%s" is 421 in strict mode, whatever it asks for', async (host) => {
    for (const path of [me, login, '/api/unknown', '/.well-known/jwks.json', '/metrics']) {
      for (const method of ['GET', 'POST', 'OPTIONS', 'PUT']) {
        const answered = await server.client().send(path, { method, headers: { host } })
        expect(answered, `${method} ${path}`).toBeProblem(421, 'misdirected_host')
      }
    }
  })

  test('ours in any letter case, and those in ALLOWED_HOSTS, are answered', async () => {
    const own = await serverForThisTest({ ALLOWED_HOSTS: '["auth.internal:9000","Other.Example"]' })
    for (const host of [
      'localhost:8000',
      'LOCALHOST:8000',
      'auth.internal:9000',
      'other.example',
      'other.example:80',
    ]) {
      expect(await own.client().send(me, { headers: { host } }), host).toBeProblem(401, 'unauthenticated')
    }
    expect(await own.client().send(me, { headers: { host: 'auth.internal' } })).toBeProblem(
      421,
      'misdirected_host',
    )
  })

  test('in development every name of this machine is ours, with our port', async () => {
    const own = await serverForThisTest({ DEBUG: 'true' })
    for (const host of ['localhost:8000', '127.0.0.1:8000', '127.9.9.9:8000', '[::1]:8000']) {
      expect(await own.client().send(me, { headers: { host } }), host).toBeProblem(401, 'unauthenticated')
    }
    for (const host of [
      'localhost:8001',
      '127.0.0.1',
      'evil.example:8000',
      'localhost.evil.example:8000',
      '192.168.1.5:8000',
    ]) {
      expect(await own.client().send(me, { headers: { host } }), host).toBeProblem(421, 'misdirected_host')
    }
  })

  test('health checks come from machines that know no name', async () => {
    for (const path of ['/api/health/live', '/api/health/ready']) {
      expect((await server.client().send(path, { headers: { host: '10.1.2.3:8000' } })).status).toBe(200)
    }
  })
})

describe('trial mode', () => {
  async function trial(): Promise<TestServer> {
    const own = await serverForThisTest()
    own.runtime.config = { ...own.runtime.config, mode: 'trial' }
    return own
  }

  test('answers browsers on this machine', async () => {
    const own = await trial()
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect(await own.client({ address }).me(), address).toBeProblem(401, 'unauthenticated')
    }
  })

  test('refuses everybody else, and says how to leave it', async () => {
    const own = await trial()
    for (const address of ['192.168.1.5', '10.0.0.1', '2001:db8::1', '::ffff:192.0.2.1', '']) {
      for (const path of [me, '/api/unknown', '/api/setup']) {
        const refused = await own.client({ address }).send(path)
        expect(refused, address).toBeProblem(403, 'loopback_only')
        expect(refused.body.detail).toContain('DATABASE_URL')
      }
    }
  })

  test('refuses what a proxy or a tunnel on this machine passed on', async () => {
    const own = await trial()
    for (const name of [
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-real-ip',
    ]) {
      const client = own.client({ address: '127.0.0.1' })
      const refused = await client.send(me, { headers: { [name]: '127.0.0.1' } })
      expect(refused, name).toBeProblem(403, 'loopback_only')
    }
  })
})

describe('every answer', () => {
  test('repeats a request id that can be logged, and replaces any other', async () => {
    const client = server.client()
    for (const id of ['12345678', 'a.b-c_d.e', 'x'.repeat(64)]) {
      const answered = await client.send(me, { headers: { 'x-request-id': id } })
      expect(answered.headers.get('x-request-id')).toBe(id)
      expect(answered.body.request_id).toBe(id)
    }
    const made = new Set<string | null>()
    for (const id of [
      '',
      '1234567',
      'x'.repeat(65),
      'has space',
      'semi;colon',
      '<script>',
      'ümlaut12',
      'a,b,c,d,e,f',
    ]) {
      const answered = await client.send(me, { headers: { 'x-request-id': id } })
      expect(answered.headers.get('x-request-id')).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      )
      expect(answered.body.request_id).toBe(answered.headers.get('x-request-id'))
      made.add(answered.headers.get('x-request-id'))
    }
    expect(made.size).toBe(8)
  })

  test('that refuses is a problem with a type, a title, a status, a sentence, a code and the request id', async () => {
    const answered = await server.client().send('/api/unknown')

    expect(answered.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(answered.body).toEqual({
      type: `${testAppUrl}/docs/errors/not_found`,
      title: 'Not found',
      status: 404,
      detail: 'There is nothing here.',
      code: 'not_found',
      request_id: answered.headers.get('x-request-id'),
    })
  })

  test('is stored nowhere, is no document, and says by which way it came', async () => {
    for (const path of [me, '/api/health/live', '/api/unknown']) {
      const { headers } = await server.client().send(path)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('server-timing')).toBe('via;desc=node')
      expect(headers.has('strict-transport-security')).toBe(false)
      expect(headers.has('x-powered-by')).toBe(false)
    }
  })

  test('on https asks browsers to stay on it', async () => {
    const own = await serverForThisTest({
      APP_URL: 'https://auth.example.com',
      ALLOWED_HOSTS: 'localhost:8000',
    })

    const { headers } = await own.client().send(me)

    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
  })

  test('a fault of ours is a 500 that tells nothing, and the cause is in the log', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    await signIn(client)
    await own.database.sql('ALTER TABLE sessions RENAME TO sessions_gone')

    const answered = await client.me()

    expect(answered).toBeProblem(500, 'internal_error')
    expect(answered.text).not.toMatch(/sessions|relation|select/i)
    const logged = own.logs.find(({ request_id }) => request_id === answered.body.request_id)
    expect(JSON.stringify(logged)).toContain('sessions')
  })
})
