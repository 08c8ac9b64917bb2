import { describe, expect, onTestFinished, test } from 'vitest'
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

describe('an answer in chunks', () => {
  const chunk = 'x'.repeat(64 * 1024)
  const answeringWith = (chunks: () => AsyncGenerator<string>): Endpoint => ({
    contract: { ...liveEndpoint.contract, path: '/api/long' },
    handle: () => ({ status: 200, headers: {}, cookies: [], body: chunks() }),
  })
  const asking = 'GET /api/long HTTP/1.1\r\nHost: localhost:8000\r\n\r\n'

  test('is made no faster than it is read, and ends when its reader goes away', async () => {
    let made = 0
    let isOver = false
    const port = await serving([
      answeringWith(async function* () {
        try {
          for (; made < 10_000; made += 1) yield chunk
        } finally {
          isOver = true
        }
      }),
    ])
    const { socket } = connected(port)
    socket.pause()
    socket.write(asking)
    await until(
      () => made > 0,
      5_000,
      () => 'nothing was made',
    )
    // What the two ends of a connection on this machine hold for each other.
    let before = -1
    await until(
      () => {
        const stands = made === before
        before = made
        return stands
      },
      5_000,
      () => `${made} chunks were made, and more come`,
    )
    expect(made).toBeLessThan(500)

    socket.destroy()

    await until(
      () => isOver,
      5_000,
      () => 'it goes on for nobody',
    )
    expect(server.logs.at(-1)?.['event']).not.toBe('answer_failed')
  })

  test('that cannot be made to its end is cut off, so that nobody takes it for whole, and the log says why', async () => {
    const port = await serving([
      answeringWith(async function* () {
        yield '{"events":['
        throw new Error('the database went away')
      }),
    ])

    const answer = await fetch(`http://127.0.0.1:${port}/api/long`)

    await expect(answer.text()).rejects.toThrow()
    expect(server.logs.at(-1)).toMatchObject({ level: 'error', event: 'answer_failed' })
  })
})
