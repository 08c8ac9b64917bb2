import { expect, test } from 'vitest'
import type { Holdings } from './support/api-fuzz.ts'
import { leaksIn } from './support/leaks.ts'

// The fuzzer (test/long/api-fuzz.test.ts) finds nothing as a rule; here is what it would find.

const jwt = (payload: string) => `eyJhbGciOiJFUzI1NiJ9.eyJ${payload}.${'s'.repeat(43)}`
const refreshToken = (mark: string) => `01a20661-fe83-77c9-bae4-3a079a80750b.1.13.${mark.repeat(43)}`
const root = 'a root secret of the tests that is long'
const held: Holdings = {
  accessTokens: [jwt('hZGEi')],
  refreshTokens: [refreshToken('r')],
  cookies: [`session_8000=${jwt('jb29raWUi')}; device_8000=device-of-anna`],
  sessionIds: [],
  cursors: [],
  emails: [],
  passwords: ['quiet planted harbour'],
  setupKeys: ['k'.repeat(43)],
  etags: [],
}
const flags = 'Path=/; HttpOnly; SameSite=Lax; Max-Age=60'

interface Planted {
  path?: string
  body?: unknown
  headers?: Record<string, string>
  cookie?: string
}

function leaks({ path = '/api/auth/me', body = {}, headers = {}, cookie }: Planted): string[] {
  const all = new Headers(headers)
  if (cookie) all.append('set-cookie', cookie)
  const answer = { status: 200, headers: all, body, text: JSON.stringify(body) }
  return leaksIn(answer, { method: 'POST', path, headers: {}, body: null }, held, [root])
}

const login = '/api/auth/login'

test.each<[string, Planted]>([
  [
    'tokens in the answer to a sign-in',
    { path: login, body: { access_token: jwt('bmV3Ig'), refresh_token: refreshToken('n') } },
  ],
  [
    'a new session cookie after a sign-in',
    { path: login, cookie: `session_8000=${jwt('bmV3Ig')}; ${flags}` },
  ],
  ['what a dance is remembered by', { path: '/api/auth/signin/oidc', cookie: `dance_8000=sealed; ${flags}` }],
  [
    'a cookie of Auth.js',
    { path: '/api/auth/csrf', cookie: 'authjs-csrftoken_8000=x; Path=/; HttpOnly; SameSite=Lax' },
  ],
  ['whether there is a password', { body: { has_password: true } }],
  ['a cookie that is taken away', { cookie: `session_8000=; ${flags}` }],
  [
    'a document that describes tokens',
    { path: '/openapi.json', body: { properties: { password: 1 }, value: jwt('bm9uZSI') } },
  ],
  [
    'people, numbers and times',
    { body: { id: 7, email: 'anna@example.com', token_type: 'bearer', password_changed_at: '' } },
  ],
])('%s: nothing to complain of', (_, planted) => {
  expect(leaks(planted)).toEqual([])
})

test.each<[string, Planted, string]>([
  ['a password', { body: { detail: 'no: quiet planted harbour' } }, 'the body holds quiet planted harbour'],
  ['the root secret', { body: { detail: root } }, `the body holds ${root}`],
  ['the set-up key', { body: { detail: 'k'.repeat(43) } }, `the body holds ${'k'.repeat(43)}`],
  ["somebody's cookie", { body: { detail: 'device-of-anna' } }, 'the body holds device-of-anna'],
  ['a token that nobody holds yet', { body: { detail: refreshToken('n') } }, 'the body holds /[0-9a-f]{8}'],
  ['a hash', { body: { detail: '$argon2id$v=19$m=1' } }, 'the body holds /\\$argon2'],
  [
    'a secret as a name',
    { body: { 'quiet planted harbour': 1 } },
    'a name in the body holds quiet planted harbour',
  ],
  [
    'a field for a secret',
    { body: [{ user: { password_hash: null } }] },
    'the body has a field password_hash',
  ],
  ['a field for a token', { body: { access_token: null } }, 'the body has a field access_token'],
  [
    'a token in a header',
    { headers: { location: `/x?token=${held.accessTokens[0]}` } },
    'a header holds eyJ',
  ],
  [
    'a password in a header',
    { headers: { 'x-echo': 'quiet planted harbour' } },
    'a header holds quiet planted harbour',
  ],
  [
    'a token in a header of a sign-in',
    { path: login, headers: { 'x-echo': refreshToken('n') } },
    'a header holds /[0-9a-f]{8}',
  ],
  [
    'a password in a cookie',
    { path: login, cookie: `form_8000=quiet planted harbour; ${flags}` },
    'holds quiet planted harbour',
  ],
  [
    'an encoded password in a cookie',
    { cookie: `form_8000=quiet%20planted%20harbour; ${flags}` },
    'holds quiet planted harbour',
  ],
  [
    'an access token as a session cookie',
    { path: login, cookie: `session_8000=${held.accessTokens[0]}; ${flags}` },
    'holds eyJ',
  ],
  [
    "somebody else's session cookie",
    { path: login, cookie: `session_8000=${jwt('jb29raWUi')}; ${flags}` },
    'holds eyJ',
  ],
  [
    'a session cookie after anything else',
    { cookie: `session_8000=x; ${flags}` },
    'has a value after POST /api/auth/me',
  ],
  ...['dance', 'last', 'authjs-state'].map((name): [string, Planted, string] => [
    `a cookie ${name} after anything else`,
    { cookie: `${name}_8000=x; ${flags}` },
    'has a value after POST /api/auth/me',
  ]),
  [
    'a password in a cookie of Auth.js',
    { path: '/api/auth/csrf', cookie: `authjs-csrftoken_8000=quiet planted harbour; ${flags}` },
    'holds quiet planted harbour',
  ],
  ['a field for a password', { body: { password: null } }, 'the body has a field password'],
  ['a cookie of an unknown name', { cookie: `more_8000=x; ${flags}` }, 'is without its flags'],
  [
    'a cookie for scripts',
    { path: login, cookie: 'session_8000=x; Path=/; SameSite=Lax' },
    'is without its flags',
  ],
])('%s is found', (_, planted, complaint) => {
  expect(leaks(planted).join('\n')).toContain(complaint)
})

test('a secret is found behind the escapes of JSON', () => {
  const text = '{"detail":"quiet \\u0070lanted harbour"}'
  const answer = { status: 400, headers: new Headers(), body: JSON.parse(text), text }

  expect(leaksIn(answer, { method: 'GET', path: '/', headers: {}, body: null }, held, [])).toEqual([
    'the body holds quiet planted harbour',
  ])
})
