import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { endpoints } from '#lib/endpoints.ts'
import { createRouter, matchWithPages } from '#lib/http/router.ts'
import { createApiClient } from '#test/support/api-client.ts'
import { useServer } from '#test/support/harness.ts'
import { rawTransport, until } from '#test/support/process-server.ts'
import { freePort } from './free-port.ts'
import { type HttpServer, listen } from './http-server.ts'
import { pagesListener } from './pages-listener.ts'
import { tableListener } from './table-listener.ts'

const server = useServer()
const running: { http?: HttpServer } = {}
/** Begun and not yet answered: the test says when. */
const held: ServerResponse[] = []

beforeAll(async () => {
  const router = createRouter(endpoints)
  const listener = pagesListener({
    runtime: server.runtime,
    router,
    via: 'node',
    isDevelopment: false,
    table: tableListener(server.runtime, (pathname) => matchWithPages(router, pathname), true),
    async draw({ url }, outgoing) {
      if (url === '/drawn-at-once') return void outgoing.end('drawn')
      held.push(outgoing)
    },
  })
  running.http = await listen(listener, ['127.0.0.1'], await freePort())
})
afterAll(() => running.http?.close(0))

const ask = (path: string) =>
  createApiClient('http://localhost:8000', rawTransport(`http://127.0.0.1:${running.http?.port}`, null)).send(
    path,
    {
      headers: { accept: 'text/html' },
    },
  )

/** Begins so many, and waits until they are being drawn. */
async function hold(path: string, count: number) {
  const wanted = held.length + count
  const answers = Array.from({ length: count }, () => ask(path))
  const ended = Promise.allSettled(answers)
  await until(
    () => held.length === wanted,
    10_000,
    () => `${held.length} of ${wanted} are being drawn`,
  )
  onTestFinished(async () => {
    for (const outgoing of held.splice(0)) outgoing.end()
    await ended
  })
  return answers
}

test('64 pages are drawn at once; the next one is 503 with the time to wait, and the API answers as ever', async () => {
  const answers = await hold('/login', 64)

  const refused = await ask('/account')
  const [live, me] = [await ask('/api/health/live'), await ask('/api/auth/me')]

  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(refused.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(refused.text).toContain('<h1>Overloaded</h1>')
  expect([live.status, me.status]).toEqual([200, 401])

  held.shift()?.end('drawn')
  expect((await Promise.race(answers)).status).toBe(200)
  expect((await ask('/drawn-at-once')).status).toBe(200)
})

test('their files are fetched meanwhile, up to a bound of their own', async () => {
  await hold('/login', 64)
  await hold('/_next/static/x.js', 192)

  expect((await ask('/_next/static/x.js')).status).toBe(503)
})

test('an answer that is begun takes no place: whoever does not read it keeps nobody else from a page', async () => {
  await hold('/login', 64)
  for (const outgoing of held) outgoing.flushHeaders()

  expect((await ask('/drawn-at-once')).status).toBe(200)
})

test('a page that nobody waits for any more takes no place', async () => {
  await hold('/login', 64)
  for (const { socket } of held) socket?.destroy()
  const seen: number[] = []

  await until(
    async () => seen.push((await ask('/drawn-at-once')).status) > 0 && seen.at(-1) === 200,
    5_000,
    () => `answered ${seen}`,
  )
})
