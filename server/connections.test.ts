import { Agent, createServer, get, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { until } from '#test/support/process-server.ts'
import { connected } from '#test/support/raw-connection.ts'
import { limitConnections, untilAnswered } from './connections.ts'
import { listen } from './http-server.ts'

async function listening(listener: RequestListener): Promise<number> {
  const http = await listen(listener, ['127.0.0.1'], 0)
  onTestFinished(() => http.close(0))
  return http.port
}

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const answersIn = (text: string) => text.match(/HTTP\/1\.1 200/g)?.length ?? 0

describe('a connection', () => {
  test('that sends a ninth request before the first is answered is closed, and nobody works for the rest', async () => {
    let begun = 0
    const port = await listening(() => {
      begun += 1
    })
    const { socket, seen } = connected(port)

    socket.write(request.repeat(1000))
    await until(
      () => seen.isClosed,
      5_000,
      () => `${begun} requests are under way`,
    )

    expect(begun).toBe(8)
  })

  test('that was closed with requests unanswered is not waited for', async () => {
    const begun: ServerResponse[] = []
    const port = await listening((_, outgoing) => void begun.push(outgoing))
    const gone = connected(port)
    gone.socket.write(request.repeat(5))
    const waiting = connected(port)
    waiting.socket.write(request)
    await until(
      () => begun.length === 6,
      5_000,
      () => `${begun.length} requests are under way`,
    )
    let isOver = false
    const waited = untilAnswered(60_000).then(() => {
      isOver = true
    })

    gone.socket.destroy()
    await until(
      () => begun.filter(({ destroyed, socket }) => destroyed || socket === null).length === 5,
      5_000,
      () => 'the connection is still open',
    )
    expect(isOver).toBe(false)
    for (const outgoing of begun) outgoing.end('answer')

    await waited
    expect(waiting.seen.text).toContain('200 OK')
  })

  test('may send eight at a time, again and again', async () => {
    const port = await listening((_, outgoing) => void outgoing.end('answer'))
    const { socket, seen } = connected(port)

    for (let round = 1; round <= 20; round++) {
      socket.write(request.repeat(8))
      await until(
        () => answersIn(seen.text) === 8 * round,
        5_000,
        () => `${answersIn(seen.text)} answers after ${8 * round} requests`,
      )
    }

    expect(seen.isClosed).toBe(false)
  })

  test('is used again and again by a client that keeps six of them, as a browser does', async () => {
    const sockets = new Set<Socket>()
    const port = await listening(({ socket }, outgoing) => {
      sockets.add(socket)
      setImmediate(() => outgoing.end('answer'))
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 6 })
    onTestFinished(() => agent.destroy())
    const ask = () =>
      new Promise((resolve, reject) => {
        get({ port, host: '127.0.0.1', agent }, (incoming) => {
          incoming.resume().on('end', () => resolve(incoming.statusCode))
        }).on('error', reject)
      })

    const statuses = await Promise.all(Array.from({ length: 600 }, ask))

    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(sockets.size).toBe(6)
  })

  test('on which nothing moves for a minute is closed, although its answer is not read', async () => {
    const server = createServer((_, outgoing) => void outgoing.end(Buffer.alloc(64 * 1024 * 1024)))
    limitConnections(server)
    expect(server.timeout).toBe(60_000)
    // The same minute, shorter.
    server.timeout = 300
    let closed = 0
    server.on('connection', (socket) =>
      socket.once('close', () => {
        closed += 1
      }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { socket } = connected((server.address() as AddressInfo).port)
    socket.pause()

    socket.write(request)

    await until(
      () => closed === 1,
      10_000,
      () => 'the connection is still open',
    )
  })
})
