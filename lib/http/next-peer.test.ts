import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { declarePeersNoted, notePeer, peerOfNextRequest } from './next-peer.ts'

const peerHeader = 'x-session-management-peer'
const place = Symbol.for('session-management.notes-peers')

let server: Server
beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    notePeer(incoming)
    // What Next adds before a handler of ours sees the request.
    incoming.headers['x-forwarded-for'] ??= incoming.socket.remoteAddress
    incoming.headers['x-forwarded-proto'] ??= 'http'
    outgoing.end(JSON.stringify(peerOfNextRequest(headersOf(incoming))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => void server.close())

function headersOf({ headers }: IncomingMessage): Headers {
  return new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]))
}

/** Who a request with these headers is taken for. */
function peerOf(headers: Record<string, string | string[]> = {}): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    const sent = request({ port, host: '127.0.0.1', headers, agent: false }, async (answer) => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk)
      resolve(JSON.parse(Buffer.concat(chunks).toString()))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('where no server of ours notes peers, a header is only the word of the last hop, and never this machine’s', () => {
  Reflect.deleteProperty(globalThis, place)
  const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' }

  expect(peerOfNextRequest(new Headers(headers))).toEqual({
    address: '203.0.113.7',
    wasForwarded: true,
    via: 'next',
    hasPages: true,
  })
  expect(peerOfNextRequest(new Headers({ ...headers, [peerHeader]: '127.0.0.1 direct' }))).toMatchObject({
    address: '203.0.113.7',
    wasForwarded: true,
  })
  expect(peerOfNextRequest(new Headers())).toMatchObject({ address: '', wasForwarded: true })
})

test('where peers are noted, the address is that of the socket, and what Next adds does not count', async () => {
  declarePeersNoted()

  expect(await peerOf()).toEqual({ address: '127.0.0.1', wasForwarded: false, via: 'next', hasPages: true })
})

test('a client cannot write the note itself, in any spelling, once or twice', async () => {
  declarePeersNoted()
  const forged = '203.0.113.7 forwarded'
  for (const name of [peerHeader, peerHeader.toUpperCase(), 'X-Session-Management-Peer']) {
    for (const value of [forged, [forged, forged], '']) {
      expect(await peerOf({ [name]: value })).toMatchObject({ address: '127.0.0.1', wasForwarded: false })
    }
  }
})

test.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'])(
  'a request that came with %s was passed on',
  async (name) => {
    declarePeersNoted()

    expect(await peerOf({ [name]: '127.0.0.1' })).toMatchObject({ address: '127.0.0.1', wasForwarded: true })
  },
)

test('a request that was not noted although all are is taken for a forwarded one', () => {
  declarePeersNoted()

  expect(peerOfNextRequest(new Headers({ 'x-forwarded-for': '127.0.0.1' })).wasForwarded).toBe(true)
})
