import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { contracts } from '#lib/contracts.ts'
import { endpoints } from '#lib/endpoints.ts'
import { createRouter, matchWithPages } from '#lib/http/router.ts'
import { type HttpServer, listen } from '#server/http-server.ts'
import { pagesListener } from '#server/pages-listener.ts'
import { tableListener } from '#server/table-listener.ts'
import { newAccount, signIn } from './support/api-client.ts'
import { checkAnswer, type TestAnswer } from './support/check-answer.ts'
import { testAppUrl, useServer } from './support/harness.ts'

const cookieName = 'session_8000'
const [login, me] = ['/api/auth/login', '/api/auth/me']
const posts = contracts.filter(({ method }) => method === 'POST').map(({ path }) => path)

describe('over a socket', () => {
  const tests = useServer()
  const running: { http?: HttpServer } = {}

  beforeAll(async () => {
    const router = createRouter(endpoints)
    const listener = tableListener(tests.runtime, (pathname) => router.match(pathname), false)
    running.http = await listen(listener, ['127.0.0.1'], 0)
  })
  afterAll(() => running.http?.close(0))

  const port = () => running.http?.port ?? 0

  /** Sends with Node's client, which leaves the framing to us; the answer is held against its contract. */
  function send(
    method: string,
    path: string,
    {
      headers = {},
      chunks = [],
    }: { headers?: Record<string, string | number | string[]>; chunks?: (string | Uint8Array)[] } = {},
  ): Promise<TestAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request({ port: port(), host: '127.0.0.1', method, path, agent: false })
      sent.setHeader('host', 'localhost:8000')
      for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value)
      let hasAnswer = false
      sent.on('response', (received) => {
        hasAnswer = true
        resolve(read(method, path, received))
      })
      // A server that has refused need not read the rest of a body.
      sent.on('error', (error) => (hasAnswer ? undefined : reject(error)))
      for (const chunk of chunks) sent.write(chunk)
      sent.end()
    })
  }

  async function read(method: string, path: string, received: IncomingMessage): Promise<TestAnswer> {
    const chunks: Buffer[] = []
    for await (const chunk of received) chunks.push(chunk)
    const headers = new Headers()
    for (let n = 0; n < received.rawHeaders.length; n += 2) {
      headers.append(received.rawHeaders[n] ?? '', received.rawHeaders[n + 1] ?? '')
    }
    const body = chunks.length > 0 ? Buffer.concat(chunks) : null
    return checkAnswer(method, path, new Response(body, { status: received.statusCode ?? 0, headers }))
  }

  const json = { 'content-type': 'application/json' }

  test('a body of 1 MB is 413, announced or in chunks, and the server goes on', async () => {
    const megabyte = Buffer.alloc(1_000_000, ' ')
    for (const path of posts) {
      const announced = await send('POST', path, {
        headers: { ...json, 'content-length': megabyte.length },
        chunks: [megabyte],
      })
      expect(announced, path).toBeProblem(413, 'body_too_large')
      const chunked = await send('POST', path, {
        headers: json,
        chunks: Array(20).fill(megabyte.subarray(0, 50_000)),
      })
      expect(chunked, path).toBeProblem(413, 'body_too_large')
    }
    expect((await send('GET', '/api/health/live')).status).toBe(200)
  })

  test('a body in chunks is read like any other', async () => {
    const account = newAccount()
    const text = JSON.stringify(account)

    const answered = await send('POST', '/api/auth/register', {
      headers: json,
      chunks: [text.slice(0, 5), text.slice(5, 20), text.slice(20)],
    })

    expect(answered.status).toBe(200)
    expect(
      await send('POST', login, { headers: { 'content-type': 'text/plain' }, chunks: ['{}'] }),
    ).toBeProblem(415, 'unsupported_media_type')
  })

  test('two Authorization headers are a token that verifies nowhere', async () => {
    const client = tests.client()
    await signIn(client)
    const authorization = `Bearer ${client.accessToken}`

    expect((await send('GET', me, { headers: { authorization } })).status).toBe(200)
    for (const pair of [
      [authorization, authorization],
      ['Bearer x', authorization],
      [authorization, 'Basic eDp5'],
    ]) {
      expect(await send('GET', me, { headers: { authorization: pair } })).toBeProblem(401, 'invalid_token')
    }
    expect(
      (await send('GET', me, { headers: { authorization: ['Basic eDp5', authorization] } })).status,
    ).toBe(401)
  })

  test('two Cookie headers are one list: our name twice is no credential', async () => {
    const client = tests.client()
    await signIn(client, 'cookie')
    const cookie = `${cookieName}=${client.cookies.get(cookieName)}`

    expect((await send('GET', me, { headers: { cookie: ['a=b', cookie] } })).status).toBe(200)
    expect(await send('GET', me, { headers: { cookie: [cookie, cookie] } })).toBeProblem(
      401,
      'unauthenticated',
    )
  })

  test('a foreign host is 421, in the Host header and in an absolute request line', async () => {
    expect(await send('GET', me, { headers: { host: 'evil.example' } })).toBeProblem(421, 'misdirected_host')
    const absolute = await sendBytes(
      port(),
      `GET http://evil.example${me} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    )
    expect(absolute).toMatch(/^HTTP\/1\.1 421 /)
    const another = await sendBytes(
      port(),
      `GET http://evil.example${me} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n`,
    )
    expect(another).toMatch(/^HTTP\/1\.1 421 /)
  })

  test('a ninth request before the first is answered closes the connection', async () => {
    const request = `GET ${me} HTTP/1.1\r\nHost: localhost:8000\r\n\r\n`
    const linesBefore = tests.logs.length

    await sendBytes(port(), request.repeat(500)).catch(() => {})

    expect((await send('GET', '/api/health/live')).status).toBe(200)
    expect(tests.logs.length - linesBefore).toBeLessThanOrEqual(2 * 8 + 1)
  })

  test('two cookies are set in two headers', async () => {
    const client = tests.client()
    const { account } = await client.register()
    const body = JSON.stringify({ ...account, transport: 'cookie' })

    const answered = await send('POST', login, { headers: { ...json, origin: testAppUrl }, chunks: [body] })

    expect(answered.headers.getSetCookie().map((cookie) => cookie.split('=', 1)[0])).toEqual([
      cookieName,
      'device_8000',
    ])
  })

  test.each([
    ['nothing like HTTP', 'hello\r\n\r\n'],
    ['a method nobody has heard of', 'FROB / HTTP/1.1\r\nHost: localhost:8000\r\n\r\n'],
    ['no Host', `GET ${me} HTTP/1.1\r\nConnection: close\r\n\r\n`],
    [
      'two Hosts',
      `GET ${me} HTTP/1.1\r\nHost: localhost:8000\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    ],
    ['a Host that is none', `GET ${me} HTTP/1.1\r\nHost: a b<>\r\nConnection: close\r\n\r\n`],
    ['an asterisk for a path', 'OPTIONS * HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n'],
    ['a path without a slash', 'GET me HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n'],
    [
      'a path with two slashes',
      'GET //evil.example/x HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n',
    ],
    ['a path of bytes', 'GET /\x80\xff%zz HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n'],
    [
      'a path climbing up',
      'GET /api/auth/../../etc/passwd HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n',
    ],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['TRACE', `TRACE ${me} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n`],
    [
      'an upgrade',
      `GET ${me} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n`,
    ],
    ['20 KiB of headers', `GET ${me} HTTP/1.1\r\nHost: localhost:8000\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    [
      'two lengths',
      `POST ${login} HTTP/1.1\r\nHost: localhost:8000\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    ],
    [
      'length and chunks at once',
      `POST ${login} HTTP/1.1\r\nHost: localhost:8000\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a length that is none', `POST ${login} HTTP/1.1\r\nHost: localhost:8000\r\nContent-Length: -1\r\n\r\n`],
    [
      'a chunk that is none',
      `POST ${login} HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ],
    [
      'a body that ends early',
      `POST ${login} HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"em`,
    ],
    [
      'an Expect of something else',
      `POST ${login} HTTP/1.1\r\nHost: localhost:8000\r\nExpect: magic\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    ],
  ])('%s is refused or cut off, never a 5xx, and the next request is answered', async (_, bytes) => {
    const received = await sendBytes(port(), bytes)

    if (received !== '') expect(received).toMatch(/^HTTP\/1\.1 4\d\d |^HTTP\/1\.1 204 /)
    expect((await send('GET', '/api/health/live')).status).toBe(200)
  })
})

describe('over a socket, on a server with pages', () => {
  const tests = useServer()
  const running: { http?: HttpServer } = {}
  /** The addresses that Next was asked to draw. */
  let drawn: string[] = []

  beforeAll(async () => {
    const router = createRouter(endpoints)
    const listener = pagesListener({
      runtime: tests.runtime,
      router,
      via: 'node',
      isDevelopment: false,
      table: tableListener(tests.runtime, (pathname) => matchWithPages(router, pathname), true),
      async draw({ url = '' }, outgoing) {
        drawn.push(url)
        outgoing.end('drawn')
      },
    })
    running.http = await listen(listener, ['127.0.0.1'], 0)
  })
  afterAll(() => running.http?.close(0))
  beforeEach(() => {
    drawn = []
  })

  async function statusOf(target: string, ...headers: string[]): Promise<number> {
    const lines = [`GET ${target} HTTP/1.1`, ...headers, 'Connection: close', '', '']
    const received = await sendBytes(running.http?.port ?? 0, lines.join('\r\n'))
    return Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1])
  }

  const [own, foreign] = ['Host: localhost:8000', 'Host: evil.example']

  test('a request that names two hosts is 421 before anything is drawn', async () => {
    for (const path of ['/login', me]) {
      expect(await statusOf(path, own, foreign), path).toBe(421)
      expect(await statusOf(path, foreign, own), path).toBe(421)
      expect(await statusOf(`http://evil.example${path}`, own), path).toBe(421)
      expect(await statusOf(`http://localhost:8000@evil.example${path}`, own), path).toBe(421)
      expect(await statusOf(`http://localhost:8000${path}`, foreign), path).toBe(421)
    }
    expect(drawn).toEqual([])
    expect(await statusOf('http://localhost:8000/login', own)).toBe(200)
    expect(drawn).toEqual(['/login'])
  })

  test('no way of writing a path of the table leads past the table', async () => {
    for (const target of [
      '/x/../api/auth/me',
      '/./api/auth/me',
      '/x/%2e%2E/api/auth/me',
      '/login/../api/auth/me?x',
    ])
      expect(await statusOf(target, own, 'X-Forwarded-For: 203.0.113.7'), target).toBe(401)
    for (const target of ['/metrics/', '/%6detrics', '/%61pi/auth/me', '/%2e/metrics/', '/api/auth/me/.'])
      expect(await statusOf(target, own, 'X-Forwarded-For: 127.0.0.1'), target).toBe(404)
    expect(drawn).toEqual([])
    expect(tests.logs.some(({ client }) => client === '203.0.113.7')).toBe(false)
  })

  test('a target that is no path is never drawn', async () => {
    for (const target of ['login', 'localhost:8000', '*', 'ftp://localhost:8000/login'])
      expect(await statusOf(target, own), target).toBe(400)
    expect(drawn).toEqual([])
  })

  test('a request for another protocol is answered as if it had not asked', async () => {
    const asking = ['Connection: upgrade', 'Upgrade: websocket']

    expect(await statusOf('/login', own, ...asking)).toBe(200)
    expect(await statusOf('/nowhere', foreign, ...asking)).toBe(421)
    expect(await statusOf(me, own, ...asking)).toBe(401)
  })
})

/** Sends these bytes and gives what comes back until the server closes. */
function sendBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    socket.end(bytes, 'latin1')
  })
}
