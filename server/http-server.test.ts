import { Agent, type RequestListener, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '#test/support/process-server.ts'
import { freePort } from './free-port.ts'
import { listen } from './http-server.ts'

const budgetMs = 10_000

async function startFor(listener: RequestListener) {
  const http = await listen(listener, ['127.0.0.1'], await freePort())
  onTestFinished(() => http.close(0))
  return http
}

test('a connection that is kept after its last answer does not hold up the end', async () => {
  const waiting: ServerResponse[] = []
  const http = await startFor((_, outgoing) => void waiting.push(outgoing))
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const answered = new Promise<number>((resolve, reject) => {
    const sent = request({ port: http.port, host: '127.0.0.1', agent }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
    })
    sent.once('error', reject).end()
  })
  await until(
    () => waiting.length === 1,
    2_000,
    () => 'no request',
  )
  // Its headers are out, and promise to keep the connection.
  waiting[0]?.flushHeaders()

  const startedMs = performance.now()
  const closed = http.close(budgetMs)
  waiting[0]?.end('whole')
  await closed

  expect(await answered).toBe(200)
  expect(performance.now() - startedMs).toBeLessThan(2_000)
})

test('a connection that was taken over for another protocol does not hold up the end either', async () => {
  const http = await startFor((_, outgoing) => void outgoing.end())
  http.onUpgrade((_, socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  const socket = connect(http.port, '127.0.0.1')
  const ended = new Promise((resolve) => socket.once('close', resolve))
  const upgraded = new Promise((resolve) => socket.once('data', resolve))
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await upgraded

  const startedMs = performance.now()
  await http.close(budgetMs)
  await ended

  expect(performance.now() - startedMs).toBeLessThan(2_000)
})
