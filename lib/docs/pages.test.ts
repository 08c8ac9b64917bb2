import { expect, test } from 'vitest'
import { docsContracts } from '#lib/contracts.ts'
import { serverForThisTest, testAppUrl, useServer } from '#test/support/harness.ts'

const server = useServer()
const pages = docsContracts.map(({ path }) => path).filter((path) => /^\/(docs|redoc)\b[^{]*$/.test(path))

test.each(pages)('%s is a whole page that loads nothing from anywhere else', async (path) => {
  const { status, headers, text } = await server.client().send(path)

  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(text).toMatch(/^<!doctype html>\n<html lang="en"/)
  expect(text.match(/<title>[^<]+ · Session Management<\/title>/)).not.toBe(null)
  const loaded = [...text.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="([^"]*)"/g)].map(([, url]) => url)
  expect(loaded.length).toBeGreaterThan(4)
  for (const url of loaded) expect(url).toMatch(/^(\/docs\/assets\/|data:image\/svg\+xml,)/)
  for (const url of loaded.filter((one) => one?.startsWith('/'))) {
    expect((await server.client().send(url ?? '')).status, url).toBe(200)
  }
})

test.each(pages)('%s runs no script and no style but its own files', async (path) => {
  const { headers, text } = await server.client().send(path)
  const policy = headers.get('content-security-policy') ?? ''

  expect(policy).toContain("default-src 'none'; script-src 'self';")
  expect(policy.replace("style-src-attr 'unsafe-inline'", '')).not.toContain('unsafe')
  expect(policy.includes('unsafe')).toBe(path === '/redoc')
  expect(policy).toContain("connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  expect(text).not.toMatch(/<style|<script(?![^>]* src=)| on[a-z]+="| style="/)
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('cache-control')).toBe('no-store')
})

test('each time the reference is opened its styles have another nonce', async () => {
  const nonces = new Set<string>()
  for (let times = 0; times < 3; times += 1) {
    const { headers, text } = await server.client().send('/redoc')
    const nonce = /'nonce-([\w+/]{22}==)'/.exec(headers.get('content-security-policy') ?? '')?.[1] ?? ''
    expect(text).toContain(` nonce="${nonce}"`)
    nonces.add(nonce)
  }
  expect(nonces.size).toBe(3)
})

test('the theme that was chosen holds before any script runs', async () => {
  for (const [cookie, look] of [
    ['theme=dark', 'dark'],
    ['theme=light', 'light'],
    ['theme=system', ''],
    ['theme="><script>', ''],
    ['theme=dark; theme=light', ''],
  ]) {
    const { text } = await server.client().send('/docs/start', { headers: { cookie: cookie ?? '' } })
    expect(text, cookie).toContain(`<html lang="en" id="docs" class="${look}">`)
  }
})

test('the start page names the server that it is on, and so does its code', async () => {
  const own = await serverForThisTest({
    APP_URL: 'https://auth.example.com',
    ALLOWED_HOSTS: 'localhost:8000',
  })
  const { text } = await own.client().send('/docs/start')

  expect(text).toContain('<code>https://auth.example.com</code>')
  expect(text.match(/const api = &#39;https:\/\/auth\.example\.com\/api\/auth&#39;/g)).toHaveLength(2)
  expect(text).not.toContain(testAppUrl)
  expect(text).toContain('ALLOWED_ORIGINS=https://app.example.com')
})

test('on your own machine the start page names the host that was asked for, whichever of its names that is', async () => {
  const own = await serverForThisTest({ DEBUG: 'true' })

  for (const host of ['localhost:8000', '127.0.0.1:8000', '[::1]:8000']) {
    const { text } = await own.client().send('/docs/start', { headers: { host } })
    const shown = [...text.matchAll(/http:\/\/[a-z0-9.:[\]]+:8000/g)].map(([address]) => address)
    expect(new Set(shown), host).toEqual(new Set([`http://${host}`]))
    expect(text).toContain(`<code>http://${host}</code>`)
  }
  const misdirected = await own.client().send('/docs/start', { headers: { host: 'evil.example:8000' } })
  expect(misdirected).toBeProblem(421, 'misdirected_host')
})

test('the name of the product is text, whatever is in it', async () => {
  const own = await serverForThisTest({ APP_NAME: '<b>"Bob & Co"</b>' })
  for (const path of pages) {
    const { text } = await own.client().send(path)
    expect(text).toContain('<span>&lt;b&gt;&quot;Bob &amp; Co&quot;&lt;/b&gt;</span>')
    expect(text).not.toContain('<b>"Bob')
  }
})

test('without scripts each page says where to read on', async () => {
  for (const path of ['/docs', '/redoc']) {
    const { text } = await server.client().send(path)
    expect(text).toMatch(
      /class="note unscripted">.*needs JavaScript.*href="\/docs\/start".*href="\/openapi\.json"/s,
    )
  }
})

test('pages for developers take GET and HEAD', async () => {
  for (const path of pages) {
    const head = await server.client().send(path, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    const refused = await server.client().send(path, { method: 'POST' })
    expect(refused).toBeProblem(405, 'method_not_allowed')
    expect(refused.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  }
})
