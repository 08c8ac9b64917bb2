import { createServer, IncomingMessage } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hostOf, keepRepeatedHeaders, settleTarget } from './request-target.ts'

function requestOf(url: string, ...hosts: string[]): IncomingMessage {
  const incoming = new IncomingMessage(new Socket())
  incoming.url = url
  if (hosts.length > 0) incoming.headers.host = hosts.join(', ')
  return incoming
}

function settled(url: string, ...hosts: string[]): IncomingMessage {
  const incoming = requestOf(url, ...hosts)
  settleTarget(incoming)
  return incoming
}

describe('the path of a request', () => {
  test.each([
    ['/x/../api/auth/me', '/api/auth/me'],
    ['/./api/auth/me?a=/../b', '/api/auth/me?a=/../b'],
    ['/x/%2e%2E/metrics', '/metrics'],
    ['/x/.%2e/metrics?y', '/metrics?y'],
    ['/x\\..\\metrics', '/metrics'],
    ['/../../login', '/login'],
    ['/api/.', '/api/'],
    ['/metrics#x', '/metrics'],
    ['/x/..#y', '/'],
    ['http://localhost:8000/login?next=/account', '/login?next=/account'],
    ['HTTP://localhost:8000?x', '/?x'],
    ['http://localhost:8000//evil.example/', '//evil.example/'],
  ])('%s is %s', (target, path) => {
    expect(settled(target, 'localhost:8000').url).toBe(path)
  })

  test('is what a browser would have made of it', () => {
    const segment = fc.constantFrom(
      '',
      '.',
      '..',
      '%2e',
      '.%2E',
      'x',
      'api',
      '...',
      '.well-known',
      'a.b',
      '%2f..',
    )
    const query = fc.constantFrom('', '?', '?x=/../y', '?..')

    fc.assert(
      fc.property(fc.array(segment, { maxLength: 8 }), query, (segments, after) => {
        const target = `/${segments.join('/')}${after}`
        const url = new URL(`http://localhost${target}`)
        expect(settled(target, 'localhost').url?.replace(/\?$/, '')).toBe(`${url.pathname}${url.search}`)
      }),
      { numRuns: 3000 },
    )
  })

  test('stays as it was sent when everybody reads it alike', () => {
    for (const target of [
      '/',
      '/login?next=/x/../y',
      '//evil.example/',
      '/a%20b',
      '/%61pi',
      '/.well-known/x',
      '*',
      'me',
    ])
      expect(settled(target, 'localhost').url).toBe(target)
  })
})

describe('the host of a request', () => {
  test('is the one that it names, in one header or in its target as well', () => {
    expect(hostOf(settled('/login', 'localhost:8000'))).toBe('localhost:8000')
    expect(hostOf(settled('http://localhost:8000/login', 'localhost:8000'))).toBe('localhost:8000')
  })

  test('is none when it names another one in its target, or two', () => {
    for (const target of [
      'http://evil.example/login',
      'https://evil.example',
      'http://localhost:8000@evil.example/login',
      'http://evil.example\\@localhost:8000/login',
    ])
      expect(hostOf(settled(target, 'localhost:8000')), target).toBeNull()
    expect(hostOf(settled('/login', 'localhost:8000', 'evil.example'))).toBeNull()
    expect(hostOf(settled('/login', 'evil.example', 'localhost:8000'))).toBeNull()
    expect(hostOf(settled('/login'))).toBeNull()
  })
})

test('a header that comes twice arrives as both, also those of which Node drops the second', async () => {
  const server = createServer((incoming, outgoing) => {
    outgoing.end(JSON.stringify([incoming.headers.authorization, incoming.headers.host]))
  })
  keepRepeatedHeaders(server)
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const lines = ['GET / HTTP/1.1', 'Host: a', 'Host: b', 'Authorization: Bearer x', 'Authorization: Bearer y']

  const received = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`),
    )
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('close', () => resolve(text))
  })

  expect(received).toContain('["Bearer x, Bearer y","a, b"]')
})
