import { expect, test } from '../support/api.ts'

test('the pages for developers are served, and load only files that this server has', async ({ server }) => {
  for (const path of ['/docs/start', '/docs', '/redoc']) {
    const { status, headers, text } = await server.client().send(path)
    expect(status, path).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';")
    const files = [...text.matchAll(/"(\/docs\/assets\/[^"]+)"/g)].map(([, file]) => file ?? '')
    expect(files.length, path).toBeGreaterThan(2)
    for (const file of files) {
      const answer = await server.client().send(file)
      expect(answer.status, file).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    }
  }
})

test('the name of the product leads home where there are pages, else to the start', async ({ server }) => {
  const { text } = await server.client().send('/docs')

  expect(text).toContain(`<a class="home" href="${server.hasPages ? '/' : '/docs/start'}">`)
})

test('a file travels compressed and whole, with an ETag of its coding', async ({ server }) => {
  const { text } = await server.client().send('/docs')
  const address = /"(\/docs\/assets\/swagger-ui\.[0-9a-f]{16}\.js)"/.exec(text)?.[1] ?? ''
  const fetched = async (coding: string) => {
    const answer = await fetch(`${server.url}${address}`, { headers: { 'accept-encoding': coding } })
    return { headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) }
  }
  // fetch() unpacks what it knows: what was sent is as long as the header says.
  const [plain, gzip, brotli] = await Promise.all(['identity', 'gzip', 'br'].map(fetched))
  expect(plain?.headers.get('content-encoding')).toBe(null)
  expect(gzip?.body.equals(plain?.body ?? Buffer.of())).toBe(true)
  expect(brotli?.body.equals(plain?.body ?? Buffer.of())).toBe(true)
  // Plain Next compresses by itself, with gzip.
  expect(gzip?.headers.get('content-encoding')).toBe('gzip')
  if (brotli?.headers.get('content-encoding') === 'br')
    expect(Number(brotli.headers.get('content-length'))).toBeLessThan((plain?.body.length ?? 0) / 4)
  else expect(brotli?.headers.get('server-timing')).toBe('via;desc=next')

  const etag = brotli?.headers.get('etag') ?? ''
  const again = await server
    .client()
    .send(address, { headers: { 'accept-encoding': 'br', 'if-none-match': etag } })
  expect([again.status, again.text]).toEqual([304, ''])
})

test('a file of another content, and one that is none of these, is not found', async ({ server }) => {
  for (const file of ['swagger-ui.0000000000000000.js', 'x', '..%2f..%2fpackage.json']) {
    const answer = await server.client().send(`/docs/assets/${file}`)
    expect(answer, file).toBeProblem(404, 'not_found')
  }
})

test('a page for developers under a foreign host name is misdirected', async ({ server }) => {
  const answer = await server.client().send('/docs', { headers: { host: 'evil.example' } })

  expect(answer).toBeProblem(421, 'misdirected_host')
})
