import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { newAccount, type SendOptions, signIn } from '#test/support/api-client.ts'
import { dance, formHeaders, newPerson, useSocialServer } from '#test/support/social-scenes.ts'
import { authJsContracts } from './auth-js.contract.ts'

// What is described in the route file is not among the contracts that the general tests of manners go through.
const stage = useSocialServer()
const { server } = stage
const origin = 'http://localhost:8000'

const providers = [
  'oidc',
  'github',
  'credentials',
  'apple',
  'nobody',
  '%00',
  '%ff',
  '..%2f..',
  '__proto__',
  '%F0%9F%90%98',
]
const paths = [...new Set(authJsContracts.map(({ path }) => path))].flatMap((path) =>
  path.includes('{') ? providers.map((id) => path.replace('{provider}', id)) : [path],
)
const posts = paths.filter((path) => /signin\/|signout|session|callback/.test(path))

const json = { origin, 'content-type': 'application/json' }
const bodies: [string, SendOptions][] = [
  ['no body', { method: 'POST', headers: { origin } }],
  ['NUL in a form', { body: 'email=a%00b&password=%00&callbackUrl=%00&_page=%00', headers: formHeaders }],
  [
    'a field twice',
    { body: 'email=a&email=b&callbackUrl=/&callbackUrl=//evil.example', headers: formHeaders },
  ],
  ['bytes that are no text', { body: Buffer.of(0xff, 0xfe, 0x3d), headers: formHeaders }],
  ['percent signs', { body: 'email=%E0%A4%A&password=%&callbackUrl=%ZZ', headers: formHeaders }],
  ['long fields', { body: `email=${'x'.repeat(7000)}&password=${'y'.repeat(8000)}`, headers: formHeaders }],
  ['too much', { body: `email=${'x'.repeat(20_000)}`, headers: formHeaders }],
  ['a packed form', { body: gzipSync('email=a'), headers: { ...formHeaders, 'content-encoding': 'gzip' } }],
  ['null', { body: 'null', headers: json }],
  ['an array', { body: '[1,[2]]', headers: json }],
  ['objects for fields', { body: '{"email":{},"password":[],"callbackUrl":{"a":1}}', headers: json }],
  ['NUL in JSON', { body: '{"email":"a\\u0000b"}', headers: json }],
  ['half a letter', { body: '{"email":"a\\ud83e","callbackUrl":"/\\ud83e"}', headers: json }],
  ['names of our own', { body: '{"__proto__":"a","constructor":"b","toString":"c"}', headers: json }],
  [
    'multipart',
    { body: '--x\r\n\r\n--x--', headers: { origin, 'content-type': 'multipart/form-data; boundary=x' } },
  ],
  ['text', { body: 'email=a', headers: { origin, 'content-type': 'text/plain' } }],
]

describe('whatever is sent to the actions of Auth.js', () => {
  test.each(bodies)('%s: is never a fault of ours, and signs nobody in', async (_, options) => {
    for (const path of posts) {
      const client = server.client()
      const { status, text } = await client.send(path, options)
      expect(status, `${path}: ${text}`).toBeLessThan(500)
      expect([...client.cookies.keys()].filter((name) => name.startsWith('session'))).toEqual([])
    }
  })

  test('NUL in a form is refused as it is everywhere else', async () => {
    for (const path of ['signin/oidc', 'callback/credentials', 'signout', 'session']) {
      const sent = { body: 'email=a%00b&password=x', headers: formHeaders }
      expect(await server.client().send(`/api/auth/${path}`, sent)).toBeProblem(422, 'invalid_request')
    }
  })

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    '%s is never a fault of ours',
    async (method) => {
      for (const path of paths) {
        const body = ['GET', 'HEAD', 'OPTIONS'].includes(method) ? {} : { body: '{}' }
        const { status, text } = await server.client().send(path, { method, headers: { origin }, ...body })
        expect(status, `${method} ${path}: ${text}`).toBeLessThan(500)
      }
    },
  )

  test.each([
    'code=x&state=x',
    'error=access_denied',
    'code=%00&state=%00',
    'code=a&code=b&state=a&state=b',
    'state[]=a&code[x]=b',
    'iss=&response=&id_token=a.b.c&access_token=x',
    `code=${'x'.repeat(4000)}`,
  ])('a way back with %s and cookies of nobody is refused', async (query) => {
    const names = [
      'dance',
      'authjs-state',
      'authjs-nonce',
      'authjs-pkcecodeverifier',
      'authjs-callbackurl',
      'session',
    ]
    for (const value of ['x', '%', '%00', '"', 'eyJhbGciOiJkaXIifQ..x.x.x', 'x'.repeat(3000)]) {
      const cookie = names.map((name) => `${name}_8000=${value}`).join('; ')
      const answer = await server.client().send(`/api/auth/callback/oidc?${query}`, { headers: { cookie } })
      expect(answer).toBeProblem(400, 'social_state_lost')
    }
  })

  test.each([
    'action',
    'callback',
    'verify-request',
    'webauthn-options',
    '_log',
    'signin/email',
    'session/x',
  ])('there is nothing at %s', async (action) => {
    for (const method of ['GET', 'POST']) {
      const sent = { method, headers: { origin }, ...(method === 'POST' && { body: '{}' }) }
      const { status } = await server.client().send(`/api/auth/${action}`, sent)
      expect([404, 405]).toContain(status)
    }
  })
})

describe('the session that Auth.js tells', () => {
  const session = (client: ReturnType<typeof server.client>) => client.send('/api/auth/session')

  test.each([
    ['disabled', 'UPDATE users SET disabled_at = app_now() WHERE email = $1'],
    ['deleted', 'UPDATE users SET deleted_at = app_now() WHERE email = $1'],
    ['erased', 'DELETE FROM users WHERE email = $1'],
    ['signed out everywhere', 'UPDATE users SET session_epoch = session_epoch + 1 WHERE email = $1'],
  ])('is none once the account is %s', async (_, statement) => {
    const client = server.client()
    const person = newPerson()
    await dance(stage, client, 'oidc', { person })
    expect((await session(client)).body.user.email).toBe(person.email)

    await server.database.sql(statement, [person.email])

    expect((await session(client)).text).toBe('null')
  })

  test('has the roles of now', async () => {
    const client = server.client()
    const { email } = await signIn(client, 'cookie')
    await server.database.sql(
      `INSERT INTO user_roles (user_id, role_id) SELECT users.id, roles.id FROM users, roles
       WHERE email = $1 AND roles.name = 'STAFF'`,
      [email],
    )
    expect((await session(client)).body.user.roles).toEqual(['STAFF', 'USER'])
  })
})

describe('credentials of Auth.js', () => {
  test('keep no session that the origin rule refuses: neither Origin nor Sec-Fetch-Site', async () => {
    const { account } = await server.client().register()
    const body = new URLSearchParams({ ...account }).toString()
    const headers = { 'content-type': formHeaders['content-type'] }
    const answer = await server.client().send('/api/auth/callback/credentials', { body, headers })
    expect(answer).toBeProblem(403, 'origin_refused')
  })

  test('of an account with no password say what those of nobody say', async () => {
    const client = server.client()
    const person = newPerson()
    await dance(stage, client, 'oidc', { person })
    const headers = { ...formHeaders, 'x-auth-return-redirect': '1' }
    const told = async (email: string) => {
      const body = new URLSearchParams({ email, password: 'a slow green ferry' }).toString()
      const answer = await server.client().send('/api/auth/callback/credentials', { body, headers })
      return { ...answer.body, request_id: null }
    }
    expect(await told(person.email)).toEqual(await told(newAccount().email))
  })
})
