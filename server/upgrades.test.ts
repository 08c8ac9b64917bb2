import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { useServer } from '#test/support/harness.ts'
import { type HttpServer, listen } from './http-server.ts'
import { takeUpgrade } from './upgrades.ts'

const server = useServer()
const running: { http?: HttpServer; asked?: HttpServer } = {}
let taken: string[] = []

beforeAll(async () => {
  running.http = await listen((_, outgoing) => void outgoing.end('an answer'), ['127.0.0.1'], 0)
  running.asked = await listen((_, outgoing) => void outgoing.end('an answer'), ['127.0.0.1'], 0)
  running.asked.onUpgrade((incoming, socket) =>
    takeUpgrade({ runtime: server.runtime, via: 'node' }, incoming, socket, () => {
      taken.push(incoming.url ?? '')
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    }),
  )
})
afterAll(() => Promise.all([running.http?.close(0), running.asked?.close(0)]))
beforeEach(() => {
  taken = []
})

function statusOf(http: HttpServer | undefined, path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host, connection: 'upgrade', upgrade: 'websocket' }
    const asking = request({ port: http?.port, host: '127.0.0.1', path, headers, agent: false })
    onTestFinished(() => void asking.destroy())
    asking.on('upgrade', ({ statusCode }) => resolve(statusCode))
    asking.on('response', ({ statusCode }) => resolve(statusCode))
    asking.on('error', reject)
    asking.end()
  })
}

test('hot reload gets a connection that means this server, and nobody else gets one', async () => {
  const path = '/_next/hmr'

  expect(await statusOf(running.asked, path, 'localhost:8000')).toBe(101)
  expect(taken).toEqual([path])
  for (const host of ['evil.example', 'evil.example:8000', 'localhost:9000', ''])
    expect(await statusOf(running.asked, path, host), host).toBe(403)
  expect(await statusOf(running.asked, `http://evil.example${path}`, 'localhost:8000')).toBe(403)
  expect(taken).toEqual([path])
})

test('where nobody takes it, a request for another protocol is answered like any other', async () => {
  expect(await statusOf(running.http, '/', 'localhost:8000')).toBe(200)
})
