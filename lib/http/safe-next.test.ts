import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safeNext } from './safe-next.ts'

const appUrl = 'https://auth.example.com'
const frontEnd = 'https://app.example.com'
const config = { appUrl, allowedOrigins: [frontEnd, 'http://127.0.0.1:3000'] }

describe('where a form may lead on to', () => {
  test.each([
    '/',
    '/account',
    '/account/sessions',
    '/account/security?done=password-changed',
    '/login?next=%2Faccount&ended=idle',
    '/register',
    '/setup?token=abc',
  ])('our page %s', (wanted) => {
    expect(safeNext(config, wanted)).toBe(wanted)
  })

  test.each([
    ['https://app.example.com', 'https://app.example.com/'],
    ['https://app.example.com/inbox?sort=date#top', 'https://app.example.com/inbox?sort=date#top'],
    ['HTTPS://APP.EXAMPLE.COM/inbox', 'https://app.example.com/inbox'],
    ['//app.example.com/inbox', 'https://app.example.com/inbox'],
    ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000/'],
  ])('%s, because its origin is listed', (wanted, judged) => {
    expect(safeNext(config, wanted)).toBe(judged)
  })

  test('a page of ours that is written in another way is that page, under its own name', () => {
    expect(safeNext(config, '/account/../login')).toBe('/login')
    expect(safeNext(config, '/account/%2e%2e/login')).toBe('/login')
    expect(safeNext(config, '//auth.example.com/account')).toBe('/account')
    expect(safeNext(config, '/account#top')).toBe('/account')
  })
})

/** What browsers, routers and careless checks have each been seen to read in ways of their own. */
const hostile: Record<string, readonly string[]> = {
  nothing: ['', ' '],
  'another origin': [
    'https://evil.example',
    'https://evil.example/account',
    'http://auth.example.com/account',
    'https://auth.example.com:8443/account',
    'https://auth.example.com.evil.example/account',
    'https://evil.example/?auth.example.com/account',
    'https://evil.example#/account',
    'https://app.example.com.evil.example/',
    'https://xapp.example.com/',
    'http://app.example.com/',
    'https://app.example.com:8443/',
    'http://127.0.0.1:3001/',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'evil.example',
    'evil.example/account',
  ],
  'an address without a scheme': [
    '//evil.example',
    '//evil.example/account',
    '///evil.example',
    '////evil.example/account',
    '//evil.example@auth.example.com.evil.example',
    '/.//evil.example',
    '/account/..//evil.example',
    '/account/%2e%2e//evil.example',
    '/account//evil.example',
  ],
  'a backslash': [
    '\\evil.example',
    '\\\\evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/\\/evil.example',
    '//\\evil.example',
    '/account\\..\\..\\evil.example',
    'https:\\\\evil.example',
  ],
  'a control character or white space': [
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '\t//evil.example',
    '/\u0000/evil.example',
    ' //evil.example',
    '\u0085//evil.example',
    '\u00a0//evil.example',
    '\u2028//evil.example',
    '\ufeff//evil.example',
    'java\nscript:alert(1)',
    '/account\r\nSet-Cookie: session=planted',
    '/account\n',
    ' /account',
  ],
  'another scheme': [
    'javascript:alert(1)',
    'JavaScript://auth.example.com/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'mailto:somebody@example.com',
    'ftp://app.example.com/',
    'ws://127.0.0.1:3000/',
    'blob:https://app.example.com/5e1b7c1e-1f0a-4c39-9d53-51b1d1d1d1d1',
    'blob:https://auth.example.com/account',
    'view-source:https://app.example.com/',
    'about:blank',
  ],
  'a user name in the address': [
    'https://auth.example.com@evil.example/account',
    'https://somebody@app.example.com/',
    'https://somebody:password@app.example.com/',
    'https://:password@app.example.com/',
    'https://somebody@auth.example.com/account',
    '//somebody@auth.example.com/account',
    '//auth.example.com@evil.example',
  ],
  'any of these, encoded': [
    '%2F%2Fevil.example',
    '/%2Fevil.example',
    '/%2F%2Fevil.example',
    '/%5Cevil.example',
    '/%5C%5Cevil.example',
    '/%09/evil.example',
    '/%0d%0aLocation:%20https://evil.example',
    '%68ttps://evil.example',
    'https%3A%2F%2Fevil.example',
    'javascript%3Aalert(1)',
    '/%252Fevil.example',
    '/account%2F..%2F..%2Fevil.example',
    '/account%00',
    '/%61ccount%2f%2e%2e',
    '\uff0f\uff0fevil.example',
    '/\uff0fevil.example',
    '/\u2044\u2044evil.example',
  ],
  'a path of ours that is no page': [
    '/api/auth/logout',
    '/api/auth/me',
    '/metrics',
    '/.well-known/jwks.json',
    '/_next/static/chunks/main.js',
    '/nowhere',
    '/accounts',
    '/account/',
    '/account/Sessions',
    '/account/sessions/1',
    '/account/a.b',
    '/LOGIN',
    'account',
    'login?next=/account',
    '?next=/account',
    '#top',
    '.',
    '..',
  ],
}

describe('where a form may not lead on to', () => {
  for (const [what, values] of Object.entries(hostile)) {
    test.each(values)(`${what}: %j`, (wanted) => {
      expect(safeNext(config, wanted)).toBeNull()
    })
  }

  test('nothing was asked for', () => {
    expect(safeNext(config, null)).toBeNull()
  })

  test('a listed origin is another one for a server that does not list it', () => {
    expect(safeNext({ appUrl, allowedOrigins: [] }, frontEnd)).toBeNull()
  })
})

/** Pieces that addresses are made of, and those that parsers have been deceived with. */
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '//',
    '\\',
    '/\\',
    '\t',
    '\n',
    '\r',
    '\0',
    ' ',
    '?',
    '#',
    '@',
    ':',
    ';',
    '.',
    '..',
    '&',
  ),
  fc.constantFrom('%2f', '%2F', '%5c', '%09', '%0a', '%00', '%2e', '%40', '%3a', '%25', '%'),
  fc.constantFrom(
    'http:',
    'https:',
    'HTTPS://',
    'javascript:',
    'data:',
    'blob:',
    'file:',
    'ws:',
    'view-source:',
  ),
  fc.constantFrom(
    'auth.example.com',
    'app.example.com',
    'evil.example',
    '127.0.0.1:3000',
    'localhost',
    '[::1]',
  ),
  fc.constantFrom('account', 'account/sessions', 'login', 'register', 'setup', 'api/auth/logout', 'next='),
  fc.constantFrom('\u00a0', '\u2028', '\u0085', '\u200b', '\u202e', '\uff0f', '\u2215', '\ud800', 'é', '💥'),
  fc.string({ maxLength: 4 }),
)
/** Addresses that are fine, until something is put into them. */
const fine = fc.constantFrom(
  '/account',
  '/account/sessions?done=others-ended',
  '/login?next=/account',
  '//auth.example.com/account',
  'https://app.example.com/inbox?sort=date',
  'http://127.0.0.1:3000/',
)
const spoiled = fc
  .tuple(fine, piece, fc.nat(30), piece)
  .map(([address, inside, at, after]) => `${address.slice(0, at)}${inside}${address.slice(at)}${after}`)
const composed = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
const encoded = composed.map((text) => encodeURIComponent(text.toWellFormed()))
const wanted = fc.oneof(spoiled, composed, encoded, fc.webUrl(), fc.string({ unit: 'binary' }))

const origins = new Set([appUrl, ...config.allowedOrigins])
const pages = /^\/(account(\/[a-z-]+)*|login|register|setup)?$/

test('whatever is asked for, a browser on any page of ours is led to a page of ours or a listed origin', () => {
  const seen = { ours: 0, listed: 0, refused: 0 }

  fc.assert(
    fc.property(wanted, (value) => {
      const judged = safeNext(config, value)
      if (judged === null) {
        seen.refused += 1
        return
      }
      for (const page of ['/', '/account/sessions', '/login?next=/account']) {
        const led = new URL(judged, new URL(page, appUrl))
        expect(origins).toContain(led.origin)
        expect(['http:', 'https:']).toContain(led.protocol)
        expect(`${led.username}${led.password}`).toBe('')
        if (led.origin === appUrl) expect(led.pathname).toMatch(pages)
      }
      expect(judged).toMatch(/^(\/(?!\/)|https?:\/\/)[\x21-\x5b\x5d-\x7e]*$/)
      expect(safeNext(config, judged)).toBe(judged)
      seen[judged.startsWith('/') ? 'ours' : 'listed'] += 1
    }),
    { numRuns: 100_000 },
  )

  // It was about something: each way out was taken often.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(1000)
})
