import { readFileSync } from 'node:fs'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { useServer } from '#test/support/harness.ts'
import { addressOf, findDocsFile } from './docs-files.ts'

const server = useServer()

async function fileOf(name: Parameters<typeof addressOf>[0]) {
  const address = await addressOf(name)
  const file = await findDocsFile(address.replace('/docs/assets/', ''))
  if (!file) throw new Error(`${address} is not found`)
  return { address, file, headers: { accept: '*/*' } }
}

describe('a file of a page for developers', () => {
  test('may be kept for ever, because its address changes with its content', async () => {
    const { address, file } = await fileOf('docs.css')
    const answer = await server.client().send(address)

    expect(address).toBe(`/docs/assets/docs.${file.hash}.css`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('content-type')).toBe('text/css; charset=utf-8')
    expect(answer.headers.get('vary')).toBe('Origin, Accept-Encoding')
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(answer.text).toContain(await addressOf('inter.woff2'))
  })

  test('of another content is not found, and neither is any other file', async () => {
    const { address } = await fileOf('docs.css')
    const own = /\.([0-9a-f]{16})\./.exec(address)?.[1] ?? ''
    for (const segment of [
      `docs.${own.replace(/./, (first) => (first === '0' ? '1' : '0'))}.css`,
      `docs.${own.slice(1)}.css`,
      `try.${own}.js`,
      `constructor.${own}.css`,
      `__proto__.${own}.js`,
      'docs.css',
      `..%2Fdocs.${own}.css`,
      '..%2F..%2Fpackage.json',
      '%00',
    ]) {
      const answer = await server.client().send(`/docs/assets/${segment}`)
      expect(answer, segment).toBeProblem(404, 'not_found')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })

  test('travels in the smallest coding that the client names, and as it is to one that names none', async () => {
    const { address, file } = await fileOf('swagger-ui.css')
    const plain = Buffer.from(await file.bytes('identity'))
    expect(brotliDecompressSync(await file.bytes('br')).equals(plain)).toBe(true)
    expect(gunzipSync(await file.bytes('gzip')).equals(plain)).toBe(true)
    for (const [accepted, coding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip, br;q=0', 'gzip'],
      ['GZIP;q=0.5', 'gzip'],
      ['br; q=0.0, gzip; q=0', null],
      ['deflate', null],
      ['identity', null],
    ] as const) {
      const { headers } = await server.client().send(address, { headers: { 'accept-encoding': accepted } })
      expect(headers.get('content-encoding'), accepted).toBe(coding)
      const sent = await file.bytes(coding ?? 'identity')
      expect(headers.get('content-length'), accepted).toBe(String(sent.length))
    }
  })

  test('that is compressed already is sent as it is', async () => {
    const { address } = await fileOf('inter.woff2')
    const { headers } = await server.client().send(address, { headers: { 'accept-encoding': 'br, gzip' } })

    expect(headers.get('content-type')).toBe('font/woff2')
    expect(headers.get('content-encoding')).toBe(null)
  })

  test('is read once and compressed once, however many ask at the same moment', async () => {
    const files = await Promise.all(Array.from({ length: 20 }, () => fileOf('redoc.js')))
    const sent = await Promise.all(files.map(({ file }) => file.bytes('br')))

    expect(new Set(files.map(({ file }) => file)).size).toBe(1)
    expect(new Set(sent).size).toBe(1)
  })

  test('is not sent again to a client that names its ETag, which is of the coding too', async () => {
    const { address } = await fileOf('docs.css')
    const ask = (etag: string, coding: string) =>
      server.client().send(address, { headers: { 'if-none-match': etag, 'accept-encoding': coding } })
    const etag = (await ask('"none"', 'br')).headers.get('etag') ?? ''

    const unchanged = await ask(`W/${etag}`, 'br')
    expect(unchanged.status).toBe(304)
    expect(unchanged.text).toBe('')
    expect(unchanged.headers.get('content-encoding')).toBe(null)
    expect((await ask(etag, 'gzip')).status).toBe(200)
  })
})

describe('what is changed in the files of others', () => {
  test('Redoc asks no foreign host for a mark, and gives each style the nonce', async () => {
    const { file } = await fileOf('redoc.js')
    const text = Buffer.from(await file.bytes('identity')).toString('utf8')

    expect(text).not.toContain('cdn.redoc.ly')
    expect(text).not.toContain('nc=void 0')
    expect(readFileSync('node_modules/redoc/bundles/redoc.standalone.js', 'utf8')).toContain('cdn.redoc.ly')
  })
})

test('an install reports nothing to the makers of Swagger UI', () => {
  const { allowScripts, scarfSettings } = JSON.parse(readFileSync('package.json', 'utf8'))

  expect(allowScripts['@scarf/scarf']).toBe(false)
  expect(scarfSettings).toEqual({ enabled: false })
})
