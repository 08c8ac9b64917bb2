import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { endpoints } from '#lib/endpoints.ts'
import { noteFailure } from '#lib/http/drawing.ts'
import { createRouter, matchWithPages } from '#lib/http/router.ts'
import { formCookieName } from '#lib/session/session-cookie.ts'
import { createApiClient } from '#test/support/api-client.ts'
import { useServer } from '#test/support/harness.ts'
import { rawTransport, until } from '#test/support/process-server.ts'
import type { DrawPage } from './draw-page.ts'
import { freePort } from './free-port.ts'
import { type HttpServer, listen } from './http-server.ts'
import { pagesListener } from './pages-listener.ts'
import { tableListener } from './table-listener.ts'

const server = useServer()
const router = createRouter(endpoints)
const running: { http?: HttpServer; development?: HttpServer } = {}

/** What the drawer of pages was asked for: in place of Next, which would draw them. */
const drawn: { url: string; method: string; headers: IncomingMessage['headers'] }[] = []
/** What it does for some addresses instead of drawing. */
const answers = new Map<string, DrawPage>()

function listenAs(isDevelopment: boolean) {
  return pagesListener({
    runtime: server.runtime,
    router,
    via: 'node',
    isDevelopment,
    table: tableListener(server.runtime, (pathname) => matchWithPages(router, pathname), true),
    async draw(incoming, outgoing) {
      const { url = '', method = '', headers } = incoming
      drawn.push({ url, method, headers: { ...headers } })
      const answer = answers.get(url)
      if (answer) return answer(incoming, outgoing)
      outgoing.end('drawn')
    },
  })
}

beforeAll(async () => {
  running.http = await listen(listenAs(false), ['127.0.0.1'], await freePort())
  running.development = await listen(listenAs(true), ['127.0.0.1'], await freePort())
})
afterAll(async () => {
  await running.http?.close(0)
  await running.development?.close(0)
})
beforeEach(() => {
  drawn.splice(0)
  answers.clear()
})

const client = (http = running.http) =>
  createApiClient('http://localhost:8000', rawTransport(`http://127.0.0.1:${http?.port}`, null))
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  client().send(path, { method, headers })
const askInDevelopment = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  client(running.development).send(path, { method, headers })

describe('GET and HEAD of a page', () => {
  test('go to Next, with our headers and the policy that it takes its nonce from', async () => {
    for (const method of ['GET', 'HEAD']) {
      const answered = await ask('/login?next=/a.html', {}, method)

      expect(answered.status).toBe(200)
      expect(drawn.at(-1)?.url).toBe('/login?next=/a.html')
      expect(answered.headers.get('content-security-policy')).toBe(
        drawn.at(-1)?.headers['content-security-policy'],
      )
      expect(answered.headers.get('cache-control')).toBe('no-store')
      expect(answered.headers.get('server-timing')).toBe('via;desc=node')
      expect(answered.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  test('cannot tell Next what Next tells itself', async () => {
    const inward = {
      'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy',
      'x-middleware-prefetch': '1',
      'x-middleware-next': '1',
      'X-Middleware-Rewrite': 'http://evil.example/',
      'x-invoke-path': '/account',
      'x-invoke-status': '200',
      'x-matched-path': '/account',
      'x-now-route-matches': '1=account',
      'x-nextjs-data': '1',
      'x-nextjs-matched-path': '/account',
    }

    await ask('/login', { ...inward, 'content-security-policy': "script-src 'nonce-known'", 'x-kept': 'yes' })

    const names = Object.keys(drawn[0]?.headers ?? {})
    expect(names).toContain('x-kept')
    expect(names.filter((name) => /middleware|invoke|matched|now-route|nextjs/.test(name))).toEqual([])
    expect(drawn[0]?.headers['content-security-policy']).not.toContain('known')
  })

  test('never reach Next from a foreign host, in trial from elsewhere, or before the database is there', async () => {
    const { config } = server.runtime
    onTestFinished(() => {
      server.runtime.config = config
      server.runtime.phase = 'serving'
    })

    const foreign = await ask('/login', { host: 'evil.example', accept: 'text/html' })
    server.runtime.phase = 'starting'
    const early = await ask('/login')
    server.runtime.phase = 'serving'
    server.runtime.config = { ...config, mode: 'trial' }
    const forwarded = await ask('/login', { 'x-forwarded-for': '127.0.0.1' })

    expect([foreign.status, early.status, forwarded.status]).toEqual([421, 503, 403])
    expect(foreign.text).toContain('<h1>Misdirected request</h1>')
    expect(drawn).toEqual([])
  })

  test('cannot ask for parts of a page: a malformed part of such a request would be a 500', async () => {
    const parts = {
      rsc: '1',
      'next-router-state-tree': 'garbage',
      'next-router-prefetch': '1',
      'next-router-segment-prefetch': '/_tree',
      'next-url': '/account',
      'next-hmr-refresh': '1',
    }

    await ask('/login', parts)

    expect(Object.keys(drawn[0]?.headers ?? {}).filter((name) => /^(rsc|next-)/.test(name))).toEqual([])
  })

  test('close their connection once the server stops', async () => {
    onTestFinished(() => {
      server.runtime.phase = 'serving'
    })
    expect((await ask('/login')).headers.get('connection')).not.toBe('close')
    server.runtime.phase = 'stopping'

    expect((await ask('/login')).headers.get('connection')).toBe('close')
  })

  test('are logged without their query: it may carry a key', async () => {
    const id = 'a-page-with-a-key'
    await ask('/setup?token=canary-of-the-log', { 'x-request-id': id })

    const line = server.logs.find(({ request_id }) => request_id === id)
    expect(line).toMatchObject({ route: 'page', status: 200, method: 'GET' })
    expect(JSON.stringify(server.logs)).not.toContain('canary-of-the-log')
  })
})

describe('a page that could not be drawn', () => {
  const unavailable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const logged = (id: string) => server.logs.filter(({ request_id }) => request_id === id)

  /** As Next does: it tells its hook, and answers with a page that needs scripts. */
  const failAsNext = (error: Error): DrawPage => {
    return async (_, outgoing) => {
      noteFailure(error)
      outgoing.setHeader('content-type', 'text/html')
      outgoing.setHeader('etag', '"of-next"')
      outgoing.statusCode = 500
      outgoing.write('<script>')
      outgoing.end('</script>')
    }
  }

  test('for want of the database is 503 with a time to wait, readable without scripts', async () => {
    answers.set('/account', failAsNext(unavailable))

    const answered = await ask('/account', { 'x-request-id': 'a-page-without-database' })

    expect(answered.status).toBe(503)
    expect(answered.headers.get('retry-after')).toBe('1')
    expect(answered.headers.get('cache-control')).toBe('no-store')
    expect(answered.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(answered.headers.get('x-request-id')).toBe('a-page-without-database')
    expect(answered.headers.get('server-timing')).toBe('via;desc=node')
    expect(answered.headers.get('etag')).toBe(null)
    expect(answered.text).toContain('<h1>Temporarily unavailable</h1>')
    expect(answered.text).toContain('<a class="again" href="">Try again</a>')
    expect(answered.text).not.toContain('<script')
    expect(answered.text).toMatch(/<\/html>\s*$/)
  })

  test('for a fault of ours is 500, with the cause in the log and not in the answer', async () => {
    answers.set('/account', failAsNext(new Error('canary of the cause')))

    const answered = await ask('/account', { 'x-request-id': 'a-page-with-a-fault' })

    expect(answered.status).toBe(500)
    expect(answered.text).toContain('<h1>Internal error</h1>')
    expect(answered.text).toContain('a-page-with-a-fault')
    expect(answered.text).not.toContain('canary')
    expect(logged('a-page-with-a-fault')).toEqual([
      expect.objectContaining({ level: 'error', code: 'internal_error', msg: 'request failed' }),
      expect.objectContaining({ route: 'page', status: 500 }),
    ])
    expect(JSON.stringify(logged('a-page-with-a-fault'))).toContain('canary of the cause')
  })

  test('is noted for its own request, also when others are drawn meanwhile', async () => {
    const waiting: (() => void)[] = []
    const failLater = (error: Error): DrawPage => {
      return async (incoming, outgoing) => {
        await new Promise<void>((resolve) => waiting.push(resolve))
        await failAsNext(error)(incoming, outgoing)
      }
    }
    answers.set('/account', failLater(unavailable))
    answers.set('/setup', failLater(new Error('a fault')))

    const both = [ask('/account'), ask('/setup')]
    await until(
      () => waiting.length === 2,
      2_000,
      () => 'not both are drawn',
    )
    expect((await ask('/login')).status).toBe(200)
    for (const goOn of waiting.toReversed()) goOn()

    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([503, 500])
  })

  test('is the same when nobody said why, and when the drawer gave up before it began', async () => {
    answers.set('/account', async (_, outgoing) => void outgoing.writeHead(500).end('Internal Server Error'))
    answers.set('/setup', async () => {
      throw new Error('the page cannot be drawn')
    })

    for (const path of ['/account', '/setup']) {
      const answered = await ask(path, { 'x-request-id': `given-up${path.slice(1)}` })
      expect(answered.status, path).toBe(500)
      expect(answered.text, path).toContain('<h1>Internal error</h1>')
      expect(logged(`given-up${path.slice(1)}`)[0]?.['code'], path).toBe('internal_error')
    }
  })

  test('is cut when the drawer gave up in the middle, and the next one is left alone', async () => {
    answers.set('/account', async (_, outgoing) => {
      outgoing.write('<html>')
      throw new Error('the page cannot be drawn to its end')
    })

    await expect(ask('/account')).rejects.toThrow('aborted')

    expect((await ask('/login')).status).toBe(200)
  })

  test('takes no refusal away that the page was to show', async () => {
    const headers = { cookie: `${formCookieName(server.runtime.config.appUrl)?.name}=sealed` }
    const shown = await ask('/login', headers)
    answers.set('/login', failAsNext(unavailable))

    expect(shown.headers.get('set-cookie')).toContain('Max-Age=0')
    expect((await ask('/login', headers)).headers.get('set-cookie')).toBe(null)
  })

  test('is left to the tools of Next in development', async () => {
    answers.set('/account', failAsNext(new Error('shown with its source')))

    const answered = await askInDevelopment('/account')

    expect(answered.status).toBe(500)
    expect(answered.text).toBe('<script></script>')
  })
})

describe('a file', () => {
  test('that is not there is our 404, with a policy of its own', async () => {
    const missing: DrawPage = async (_, outgoing) => {
      outgoing.writeHead(404, { 'content-type': 'text/html' }).end('<script></script>')
    }
    for (const path of ['/foo.txt', '/_next/static/chunks/x.js', '/_next/x', '/login.rsc']) {
      answers.set(path, missing)
      const answered = await ask(path)
      expect(answered.status, path).toBe(404)
      expect(answered.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(answered.text).toContain('<h1>Not found</h1>')
    }
  })

  test('is given whole: conditions that cannot be met would be a 500 of Next', async () => {
    await ask('/icon.svg', { range: 'bytes=9999-', 'if-match': '"x"', 'if-none-match': '"y"' })

    expect(drawn[0]?.headers).not.toHaveProperty('range')
    expect(drawn[0]?.headers).not.toHaveProperty('if-match')
    expect(drawn[0]?.headers['if-none-match']).toBe('"y"')
  })
})

describe('in development', () => {
  test('hot reload asks for parts of pages, and is let through', async () => {
    const headers = {
      rsc: '1',
      'next-hmr-refresh': '1',
      'next-router-state-tree': '%5B%22%22%5D',
      'x-nextjs-request-id': '1',
      'x-nextjs-html-request-id': '2',
    }

    await askInDevelopment('/login', { ...headers, 'x-nextjs-data': '1', 'x-middleware-subrequest': 'proxy' })

    expect(drawn[0]?.headers).toMatchObject(headers)
    expect(Object.keys(drawn[0]?.headers ?? {}).filter((name) => /middleware|data/.test(name))).toEqual([])
  })

  test('the tools of Next may post, and nobody may in production', async () => {
    const path = '/__nextjs_original-stack-frames'

    expect((await askInDevelopment(path, {}, 'POST')).status).toBe(200)
    expect(drawn[0]?.method).toBe('POST')
    expect((await ask(path, {}, 'POST')).status).toBe(405)
  })
})

describe('everything else', () => {
  test('of a page is 405 before Next hears of it', async () => {
    for (const path of ['/', '/login', '/nowhere', '/_next/static/x.js']) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
        const answered = await ask(path, { 'next-action': 'x'.repeat(40) }, method)
        expect(answered.status, `${method} ${path}`).toBe(405)
        expect(answered.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      }
    }
    expect(drawn).toEqual([])
  })

  test('of the table is answered by the table, also where there is nothing', async () => {
    for (const path of [
      '/api/auth/me',
      '/api/unknown',
      '/api',
      '/.well-known/unknown',
      '/api/auth/me?x=/login',
      '/_global-error',
      '/_global-error/?x',
      '/_not-found',
    ]) {
      const answered = await ask(path)
      expect([401, 404], path).toContain(answered.status)
      expect(answered.headers.get('content-type')).toContain('problem+json')
    }
    expect(drawn).toEqual([])
  })
})

test('files of Next get no policy of a page, and may not be read by other sites', async () => {
  const { headers } = await ask('/_next/static/chunks/x.js')

  expect(headers.get('content-security-policy')).toBeNull()
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})
