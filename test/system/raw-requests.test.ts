import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { createTestDatabase } from '#test/support/database.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  strictVariables,
  until,
  untilReady,
} from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

async function start(entry: readonly string[]): Promise<ProcessServer> {
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  const server = startProcess({ clone, variables: strictVariables(url, await freePort()), entry })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  await untilReady(server)
  return server
}

/** A connection on which these bytes were sent. */
function sent({ url }: ProcessServer, bytes: string) {
  const seen = { text: '', isClosed: false }
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes, 'latin1'))
  socket.on('data', (chunk) => {
    seen.text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    seen.isClosed = true
  })
  onTestFinished(() => void socket.destroy())
  return seen
}

async function statusOf(server: ProcessServer, ...lines: string[]): Promise<string> {
  const seen = sent(server, [...lines, '', ''].join('\r\n'))
  await until(
    () => seen.text.includes('\r\n\r\n') || seen.isClosed,
    10_000,
    () => `no answer to ${lines.join(' | ')}`,
  )
  return seen.text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
}

describe.each([
  ['our own server', ['dist/pages.mjs']],
  ['plain Next', ['node_modules/next/dist/bin/next', 'start']],
])('%s', (_, entry) => {
  test('draws eight pages for a connection that asks for a thousand at once, and closes it', async () => {
    const server = await start(entry)
    const { host } = new URL(server.url)
    // Loaded, so that what follows is drawn at once.
    await fetch(`${server.url}/login`)
    const linesBefore = drawnPages(server)

    const seen = sent(server, `GET /login HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(1000))
    await until(
      () => seen.isClosed,
      10_000,
      () => 'the connection is still open',
    )
    // Whatever it had begun comes before this.
    for (let asked = 0; asked < 20; asked++) await fetch(`${server.url}/login`)

    expect(drawnPages(server) - linesBefore).toBeLessThanOrEqual(8 + 20)
    await server.stop()
  })

  test('reads one host and one path in each request, or refuses it', async () => {
    const server = await start(entry)
    const { host } = new URL(server.url)
    const [own, foreign] = [`Host: ${host}`, 'Host: evil.example']
    const status = (target: string, ...headers: string[]) =>
      statusOf(server, `GET ${target} HTTP/1.1`, ...headers)

    for (const path of ['/login', '/api/auth/me']) {
      expect(await status(path, own, foreign), path).toBe('421')
      expect(await status(path, foreign, own), path).toBe('421')
      expect(await status(`http://evil.example${path}`, own), path).toBe('421')
    }
    expect(await status(`http://${host}/login`, own)).toBe('200')
    for (const path of ['/x/../api/auth/me', '/./api/auth/me', '/x/%2e%2e/api/auth/me'])
      expect(await status(path, own), path).toBe('401')
    for (const path of ['/metrics/', '/%6detrics', '/%61pi/auth/me', '/api/auth/me/'])
      expect(await status(path, own), path).toBe('404')
    await server.stop()
  })

  test('answers a request for another protocol as if it had not asked, and a body that a page never takes at once', async () => {
    const server = await start(entry)
    const { host } = new URL(server.url)
    await fetch(`${server.url}/login`)

    for (const [path, expected] of [
      ['/login', '200'],
      ['/nowhere', '404'],
      ['/api/auth/me', '401'],
    ]) {
      const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket']
      expect(await statusOf(server, ...lines), path).toBe(expected)
    }
    expect(await statusOf(server, 'GET /x HTTP/1.1', 'Host: evil', 'Connection: Upgrade', 'Upgrade: x')).toBe(
      '421',
    )
    expect(await statusOf(server, 'POST /login HTTP/1.1', `Host: ${host}`, 'Content-Length: 9900000')).toBe(
      '405',
    )
    const { ms } = await server.stop()

    expect(ms).toBeLessThan(15_000)
  })
})

const drawnPages = (server: ProcessServer) => server.output().match(/"route":"page"/g)?.length ?? 0

test('Next keeps no more of a body than the largest that an operation takes', () => {
  const { config } = JSON.parse(readFileSync('.next/required-server-files.json', 'utf8'))

  expect(config.experimental.proxyClientMaxBodySize).toBe(16 * 1024)
})
