import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { shareRuntime } from '#lib/runtime/process-runtime.ts'
import { testAppUrl, useServer } from '#test/support/harness.ts'
import { declarePeersNoted } from './next-peer.ts'
import { answerPlainPage } from './plain-page.ts'

const server = useServer()
beforeAll(() => {
  shareRuntime(Promise.resolve(server.runtime))
  declarePeersNoted()
})

function ask(
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: HeadersInit } = {},
) {
  const sent = new Headers(headers)
  if (!sent.has('host')) sent.set('host', new URL(testAppUrl).host)
  if (!sent.has('x-session-management-peer')) sent.set('x-session-management-peer', '127.0.0.1 direct')
  return answerPlainPage(new Request(`${testAppUrl}${path}`, { method, headers: sent }), false)
}

/** The answer of a page that is not drawn. */
async function refusalOf(...request: Parameters<typeof ask>): Promise<Response> {
  const page = await ask(...request)
  if (page.kind === 'draw') throw new Error('the page is drawn')
  return page.response
}

describe('a page under plain Next', () => {
  test('is drawn with the headers that our own server gives it', async () => {
    const page = await ask('/login', { headers: { 'x-request-id': 'given-by-a-proxy' } })

    if (page.kind === 'refused') throw new Error(`refused with ${page.response.status}`)
    const policy = page.requestHeaders.get('content-security-policy')
    expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/]{22}==' 'strict-dynamic'/)
    expect(page.responseHeaders).toMatchObject({
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin',
      'x-request-id': 'given-by-a-proxy',
      'server-timing': 'via;desc=next',
    })
  })

  test('gets its policy from us, not from whoever asks', async () => {
    const page = await ask('/login', { headers: { 'content-security-policy': "script-src 'nonce-known'" } })

    expect(page.kind === 'draw' && page.requestHeaders.get('content-security-policy')).not.toContain('known')
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('takes GET and HEAD, and no %s', async (method) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x', 'next-action': 'x'.repeat(40) }
    const refused = await refusalOf('/login', { method, headers })

    expect(refused.status).toBe(405)
    expect(refused.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    expect((await ask('/login', { method: 'HEAD' })).kind).toBe('draw')
  })

  test('is refused to a foreign host name, as a page for people and as a problem for programs', async () => {
    const foreign = { host: 'evil.example' }

    const program = await refusalOf('/login', { headers: foreign })
    const person = await refusalOf('/login', { headers: { ...foreign, accept: 'text/html' } })

    expect([program.status, person.status]).toEqual([421, 421])
    expect((await program.json()).code).toBe('misdirected_host')
    expect(await person.text()).toContain('<h1>Misdirected request</h1>')
    expect(person.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test('of a trial is refused to another machine and to a proxy', async () => {
    const { config } = server.runtime
    onTestFinished(() => {
      server.runtime.config = config
    })
    server.runtime.config = { ...config, mode: 'trial' }

    for (const peer of ['192.168.1.5 direct', '127.0.0.1 forwarded', ' direct']) {
      const refused = await refusalOf('/login', { headers: { 'x-session-management-peer': peer } })
      expect(refused.status, peer).toBe(403)
      expect((await refused.json()).code).toBe('loopback_only')
    }
    expect((await ask('/login')).kind).toBe('draw')
  })

  test('waits until the database is there', async () => {
    onTestFinished(() => {
      server.runtime.phase = 'serving'
    })
    server.runtime.phase = 'starting'

    const refused = await refusalOf('/login')

    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
  })
})
