import { expect, onTestFinished, test } from 'vitest'
import { endpoints } from '#lib/endpoints.ts'
import { liveEndpoint } from '#lib/health/live.endpoint.ts'
import type { Endpoint } from '#lib/http/endpoint.ts'
import { createRouter } from '#lib/http/router.ts'
import { useServer } from '#test/support/harness.ts'
import { until } from '#test/support/process-server.ts'
import { connected } from '#test/support/raw-connection.ts'
import { listen } from './http-server.ts'
import { tableListener } from './table-listener.ts'

const server = useServer()

async function serving(served: readonly Endpoint[]): Promise<number> {
  const router = createRouter(served)
  const listener = tableListener(server.runtime, (pathname) => router.match(pathname), false)
  const http = await listen(listener, ['127.0.0.1'], 0)
  onTestFinished(() => http.close(0))
  return http.port
}

const header = (length: number) =>
  `POST /api/auth/login HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

test('a client that goes on sending after its refusal is read for a moment, and then cut off', async () => {
  const { socket, seen } = connected(await serving(endpoints))
  socket.write(header(1_000_000_000))
  await until(
    () => seen.text.includes('413'),
    5_000,
    () => `received ${seen.text}`,
  )

  let sent = 0
  const sending = setInterval(() => {
    sent += 4096
    socket.write(Buffer.alloc(4096))
  }, 5)
  onTestFinished(() => clearInterval(sending))
  await until(
    () => seen.isClosed,
    5_000,
    () => `${sent} bytes were taken`,
  )

  expect(sent).toBeLessThan(10_000_000)
})

test('a connection whose refused body was short goes on with the next request', async () => {
  const { socket, seen } = connected(await serving(endpoints))

  socket.write(`${header(20_000)}${' '.repeat(20_000)}`)
  socket.write('GET /api/health/live HTTP/1.1\r\nHost: localhost:8000\r\n\r\n')

  await until(
    () => seen.text.includes('"status":"ok"'),
    5_000,
    () => `received ${seen.text}`,
  )
  expect(seen.text).toMatch(/^HTTP\/1\.1 413 /)
})

test('an answer that cannot be written is a 500 in the log, and the next request is answered', async () => {
  const unspeakable: Endpoint = {
    contract: { ...liveEndpoint.contract, path: '/api/unspeakable' },
    handle: () => ({ status: 200, headers: { location: 'two\r\nlines' }, cookies: [], body: '{}' }),
  }
  const port = await serving([liveEndpoint, unspeakable])
  const url = `http://127.0.0.1:${port}`

  const answered = await fetch(`${url}/api/unspeakable`)

  expect(answered.status).toBe(500)
  expect(await answered.text()).toBe('')
  expect(server.logs.at(-1)).toMatchObject({ level: 'error', event: 'answer_failed' })
  expect((await fetch(`${url}/api/health/live`)).status).toBe(200)
})
