import { readdirSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { createTestDatabase } from '#test/support/database.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
} from '#test/support/process-server.ts'

const clone = makeClone()
const ways = { node: ['dist/pages.mjs'], next: ['node_modules/next/dist/bin/next', 'start'] }
const servers: ProcessServer[] = []

beforeAll(async () => {
  for (const entry of Object.values(ways)) {
    const { url } = await createTestDatabase(inject('databaseServerUrl'))
    servers.push(await startServer({ clone, entry, variables: strictVariables(url, await freePort()) }))
  }
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  removeClone(clone)
})

const chunk = `/_next/static/chunks/${readdirSync('.next/static/chunks').find((name) => name.endsWith('.js'))}`
const paths = [
  ...[
    '/',
    '/login',
    '/register',
    '/account',
    '/nowhere',
    '/login?ended=constructor',
    '/login?done=__proto__',
  ],
  ...[
    '/foo.txt',
    '/icon.svg',
    '/favicon.ico',
    '/login.rsc',
    '/_next/x',
    '/_next/static/x.js',
    '/_next',
    chunk,
  ],
  ...[
    '/_global-error',
    '/_global-error/',
    '/_global-error?x',
    '/_global-error.rsc',
    '/_not-found',
    '/404',
    '/500',
  ],
  ...['/api', '/api/', '/api/unknown', '/.well-known', '/.well-known/x', '/metrics', '/api/health/live'],
  ...['/docs', '/docs/', '/docs/start', '/docs/x', '/docs/assets/x', '/docs/assets', '/redoc', '/redoc/'],
  ...['/%', '/%ff', '/login%00', '//login', '/login/', '/login;x', '/_next/static/%', '/__nextjs_source-map'],
  '/_next/image?url=%2Ficon.svg&w=64&q=75',
]
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

/** What must not depend on the way of serving. Values that are new for each answer become a word. */
const compared = [
  ...['allow', 'cache-control', 'content-security-policy', 'content-type', 'location', 'referrer-policy'],
  ...[
    'retry-after',
    'x-content-type-options',
    'x-frame-options',
    'cross-origin-resource-policy',
    'x-powered-by',
  ],
]

/** With the path as it is, and any method: neither URL nor Request lets all of them through. */
function ask(server: ProcessServer, path: string, { method = 'GET', headers = {} }: Asked) {
  const { hostname, port } = new URL(server.url)
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer))
    })
    sent.once('error', reject).end()
  })
}

interface Asked {
  method?: string
  headers?: Record<string, string>
}

async function describeAnswer(server: ProcessServer, way: string, path: string, asked: Asked) {
  const { statusCode: status = 0, headers } = await ask(server, path, asked)
  const what = `${path} ${JSON.stringify(asked)}`
  expect(status, what).toBeLessThan(500)
  expect(headers['server-timing'], what).toBe(`via;desc=${way}`)
  expect(headers['x-request-id'], what).toMatch(/^[0-9a-f-]{36}$/)
  const fields = compared.map((name) => [
    name,
    String(headers[name])
      .replaceAll(/nonce-[\w+/]{22}==/g, 'nonce')
      .replaceAll(server.url, 'url'),
  ])
  return { status, ...Object.fromEntries(fields) }
}

async function expectSame(path: string, asked: Asked = {}) {
  const [own, plain] = await Promise.all(
    Object.keys(ways).map((way, index) => describeAnswer(servers[index] as ProcessServer, way, path, asked)),
  )
  expect(plain, `${path} ${JSON.stringify(asked)}`).toEqual(own)
  return own as NonNullable<typeof own>
}

test('plain Next answers every path and method as our own server does, and nothing with 500', async () => {
  for (const path of paths) for (const method of methods) await expectSame(path, { method })
})

test('a foreign host name is misdirected whatever it asks for, health checks aside', async () => {
  for (const path of paths) {
    const { status } = await expectSame(path, { headers: { host: 'evil.example' } })
    expect(status, path).toBe(path === '/api/health/live' ? 200 : 421)
  }
})

test('TRACE is 405 on pages and operations, and says what may be asked', async () => {
  for (const path of ['/', '/login', '/api/auth/login', '/icon.svg']) {
    const answer = await expectSame(path, { method: 'TRACE' })
    expect(answer.status, path).toBe(405)
    expect(answer['allow'], path).toBe(path.startsWith('/api') ? 'POST, OPTIONS' : 'GET, HEAD, OPTIONS')
  }
})

test('what is malformed in a request for a part of a page is nobody’s business: pages are given whole', async () => {
  const states = ['garbage', '%', '[]', '{"a":1}', encodeURIComponent('["",{}]')]
  for (const state of states) {
    const headers = {
      rsc: '1',
      'next-router-state-tree': state,
      'next-router-prefetch': '2',
      'next-url': '/\\',
    }
    const answer = await expectSame('/login?_rsc=abc', { headers })
    expect([answer.status, answer['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  }
})

test('a file is given whole, whatever the conditions', async () => {
  for (const headers of [
    { range: 'bytes=99999999-' },
    { 'if-match': '"x"' },
    { 'if-unmodified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' },
  ])
    expect((await expectSame(chunk, { headers })).status).toBe(200)
})

test('a file that is not there and a name of Next’s own are 404 with a policy', async () => {
  for (const path of [
    '/foo.txt',
    '/_next/x',
    '/_next/static/x.js',
    '/_global-error',
    '/.well-known/x',
    '/api',
  ]) {
    const answer = await expectSame(path, { headers: { accept: 'text/html' } })
    expect(answer.status, path).toBe(404)
    expect(answer['content-security-policy'], path).toContain("default-src 'none'")
  }
})
