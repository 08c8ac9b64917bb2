import { describe, expect, test } from 'vitest'
import { readCookie } from '#lib/encoding/cookie.ts'
import { endpoints } from '#lib/endpoints.ts'
import { createApiClient, newAccount, signIn } from '#test/support/api-client.ts'
import { testAppUrl, useServer } from '#test/support/harness.ts'
import { respond } from './answer.ts'
import { type Flash, readFlash } from './flash.ts'
import { createRouter, matchWithPages, pathnameOf } from './router.ts'

const server = useServer({ ALLOWED_ORIGINS: 'https://app.example.com' })
const router = createRouter(endpoints)
const formType = 'application/x-www-form-urlencoded'
const login = '/api/auth/login'

let addresses = 0

/** A browser without scripts: it sends forms of our pages, and keeps cookies. */
function browser({ hasPages = true } = {}) {
  addresses += 1
  const address = `10.77.${addresses >> 8}.${addresses & 255}`
  const client = createApiClient(testAppUrl, async (request) => {
    const match = matchWithPages(router, pathnameOf(request.url))
    const response = await respond(server.runtime, match, request, {
      address,
      wasForwarded: false,
      via: 'node',
      hasPages,
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} }
  })
  return {
    ...client,
    submit(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
      const body = new URLSearchParams(fields).toString()
      return client.send(path, {
        body,
        headers: { 'content-type': formType, origin: testAppUrl, accept: 'text/html,*/*;q=0.8', ...headers },
      })
    },
    /** What the page that comes next would show. */
    flashFor(page: string): Flash | null {
      const cookies = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const { roots, clock } = server.runtime
      return readFlash(roots, readCookie(cookies, 'form_8000'), page, clock.now())
    },
  }
}

async function account() {
  return (await server.client().register(newAccount())).account
}

async function signedInBrowser() {
  const client = browser()
  const credentials = await account()
  await client.submit(login, { ...credentials, transport: 'cookie', _page: '/login', _next: '/account' })
  return { client, credentials }
}

describe('a form that succeeds', () => {
  test('leads on with 303, and the cookie of the session is set on the way', async () => {
    const client = browser()
    const credentials = await account()

    const answered = await client.submit(login, {
      ...credentials,
      transport: 'cookie',
      remember: 'on',
      _page: '/login',
      _next: '/account/security',
    })

    expect(answered.status).toBe(303)
    expect(answered.headers.get('location')).toBe('/account/security')
    expect(answered.text).toBe('')
    expect((await client.me()).body.email).toBe(credentials.email)
    expect(client.flashFor('/login')).toBeNull()
  })

  test('hands out no token, not even to a form that asks for them', async () => {
    const credentials = await account()

    const answered = await browser().submit(login, { ...credentials, transport: 'bearer', _page: '/login' })

    expect(answered.status).toBe(303)
    expect(`${answered.text}${JSON.stringify([...answered.headers])}`).not.toMatch(/token":|eyJ/)
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/api/auth/logout',
  ])('leads to the account, not to %s', async (next) => {
    const answered = await browser().submit(login, {
      ...(await account()),
      transport: 'cookie',
      _page: '/login',
      _next: next,
    })

    expect(answered.status).toBe(303)
    expect(answered.headers.get('location')).toBe('/account')
  })

  test('a box that is not ticked is a no, and one that is ticked a yes', async () => {
    const credentials = await account()
    const fields = { ...credentials, transport: 'cookie', _page: '/login', _next: '/account' }
    const [ticked, unticked] = [browser(), browser()]

    const kept = await ticked.submit(login, { ...fields, remember: 'on' })
    const notKept = await unticked.submit(login, fields)

    const sessionOf = ({ headers }: { headers: Headers }) =>
      headers.getSetCookie().find((cookie) => cookie.startsWith('session_8000='))
    expect(sessionOf(kept)).toContain('Max-Age=')
    expect(sessionOf(notKept)).toContain('session_8000=')
    expect(sessionOf(notKept)).not.toContain('Max-Age=')
  })

  test('another method is named in the address, because a form has none', async () => {
    const { client, credentials } = await signedInBrowser()
    const elsewhere = server.client()
    await elsewhere.login(credentials)
    const next = '/account/sessions?done=others-ended'

    const answered = await client.submit('/api/auth/sessions?_method=DELETE', {
      _page: '/account/sessions',
      _next: next,
    })

    expect(answered.headers.get('location')).toBe(next)
    expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
    expect((await client.me()).status).toBe(200)
  })
})

describe('a form that is refused', () => {
  test('leads back to its page, which is told why and what was typed that is no secret', async () => {
    const client = browser()
    const { email } = await account()

    const answered = await client.submit(login, {
      email,
      password: 'canary password',
      transport: 'cookie',
      _page: '/login',
      _next: '/account',
    })

    expect(answered.status).toBe(303)
    expect(answered.headers.get('location')).toBe('/login')
    expect(client.flashFor('/login')).toEqual({
      page: '/login',
      form: '',
      code: 'invalid_credentials',
      detail: 'Invalid email or password',
      errors: [],
      values: { email },
      retryAfterSeconds: null,
      endedReason: null,
      requestId: answered.headers.get('x-request-id'),
    })
  })

  test('leads back with what the page needs of its query, so that a second try ends where the first was meant to', async () => {
    const page = '/login?next=%2Faccount%2Fsecurity'
    const client = browser()

    const answered = await client.submit(login, {
      email: 'nobody@example.com',
      password: 'wrong',
      transport: 'cookie',
      _page: page,
    })

    expect(answered.headers.get('location')).toBe(page)
    expect(client.flashFor('/login')?.code).toBe('invalid_credentials')
  })

  test('keeps nothing that could be a secret, whatever its name', async () => {
    const client = browser()
    const secrets = [
      'password',
      'token',
      'current_password',
      'new_password',
      'code',
      'secret',
      'Email',
      'email2',
    ]
    const fields = Object.fromEntries(secrets.map((name) => [name, `canary of ${name}`]))

    await client.submit('/api/setup', {
      ...fields,
      email: 'a@example.com',
      username: 'anna',
      _page: '/setup',
    })

    const flash = client.flashFor('/setup')
    expect(flash?.values).toEqual({ email: 'a@example.com', username: 'anna' })
    expect(JSON.stringify(flash)).not.toContain('canary')
  })

  test('says what is wrong with each field', async () => {
    const client = browser()

    await client.submit('/api/auth/register', {
      email: 'nobody',
      username: 'two words',
      password: 'quiet harbour 7',
      _page: '/register',
      _next: '/login',
    })

    expect(client.flashFor('/register')?.errors.map(({ field }) => field)).toEqual(['email', 'username'])
  })

  test('tells how long to wait', async () => {
    const client = browser()
    const { email } = await account()
    const fields = { email, password: 'wrong', transport: 'cookie', _page: '/login' }
    for (let count = 0; count < 6; count++) await client.submit(login, fields)

    expect(client.flashFor('/login')).toMatchObject({ code: 'rate_limited' })
    expect(client.flashFor('/login')?.retryAfterSeconds).toBeGreaterThan(0)
  })

  test.each(['//evil.example/login', 'https://evil.example/', '/api/auth/login', '/nowhere', ''])(
    'leads to the start page, not to a page called %j',
    async (page) => {
      const answered = await browser().submit(login, {
        email: 'a',
        password: 'b',
        transport: 'cookie',
        _page: page,
      })

      expect(answered.headers.get('location')).toBe('/')
    },
  )

  test('because the session ended leads to the sign-in page and from there back', async () => {
    const { client, credentials } = await signedInBrowser()
    const elsewhere = server.client()
    await elsewhere.login(credentials)
    await elsewhere.send('/api/auth/sessions', { method: 'DELETE' })

    const answered = await client.submit('/api/auth/change-password', {
      current_password: credentials.password,
      new_password: 'another quiet harbour',
      _page: '/account/security',
      _next: '/account/security?done=password-changed',
    })

    expect(answered.status).toBe(303)
    expect(answered.headers.get('location')).toBe('/login?next=%2Faccount%2Fsecurity&ended=revoked_by_user')
    expect(client.flashFor('/account/security')).toBeNull()
  })

  test('with more fields than a cookie can carry is still answered in the size of a browser', async () => {
    const fields = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`field${index}`, '']))
    const client = browser()

    const answered = await client.submit('/api/setup', { ...fields, _page: '/setup' })

    expect(answered.status).toBe(303)
    expect(Math.max(...answered.headers.getSetCookie().map((cookie) => cookie.length))).toBeLessThan(4096)
    expect(client.flashFor('/setup')?.code).toBe('invalid_request')
  })
})

describe('a form is taken from a page of ours only', () => {
  const strangers: Record<string, Record<string, string>> = {
    'a foreign page': { origin: 'https://evil.example' },
    'a listed front end: it sends JSON': { origin: 'https://app.example.com' },
    'another program on this machine': { origin: 'http://localhost:3000' },
    'the same host over https': { origin: 'https://localhost:8000' },
    'a sandboxed frame': { origin: 'null' },
    'a foreign page that says same-origin': {
      origin: 'https://evil.example',
      'sec-fetch-site': 'same-origin',
    },
    'a page of the same site': { origin: '', 'sec-fetch-site': 'same-site' },
    'a browser that says nothing': { origin: '' },
    'an address that was typed in': { origin: '', 'sec-fetch-site': 'none' },
  }

  for (const [who, { origin = '', ...rest }] of Object.entries(strangers)) {
    test(`and not from ${who}`, async () => {
      const credentials = await account()
      const victim = browser()
      const body = new URLSearchParams({ ...credentials, transport: 'cookie', _page: '/login' }).toString()

      for (const accept of ['application/json', 'text/html']) {
        const answered = await victim.send(login, {
          body,
          headers: { 'content-type': formType, accept, ...rest, ...(origin && { origin }) },
        })
        expect(answered.status).toBe(403)
        expect(answered.headers.getSetCookie()).toEqual([])
        if (accept === 'application/json') expect(answered.body.code).toBe('origin_refused')
        else expect(answered.text).toContain('<h1>Origin refused</h1>')
      }
      expect((await victim.me()).status).toBe(401)
    })
  }

  test('nor does a foreign page end a session by one', async () => {
    const { client } = await signedInBrowser()

    const answered = await client.submit(
      '/api/auth/logout',
      { _page: '/account' },
      { origin: 'https://evil.example' },
    )

    expect(answered.status).toBe(403)
    expect((await client.me()).status).toBe(200)
  })

  test('a browser that leaves the origin out says that it is the same', async () => {
    const client = browser()
    const body = new URLSearchParams({
      ...(await account()),
      transport: 'cookie',
      _page: '/login',
    }).toString()

    const answered = await client.send(login, {
      body,
      headers: { 'content-type': formType, 'sec-fetch-site': 'same-origin' },
    })

    expect(answered.status).toBe(303)
  })
})

describe('what is no form of ours', () => {
  test('without pages a form is a wrong content type, and names no other method', async () => {
    const headless = browser({ hasPages: false })

    const accept = { accept: '*/*' }
    expect(await headless.submit(login, { ...(await account()) }, accept)).toBeProblem(
      415,
      'unsupported_media_type',
    )
    const named = await headless.submit('/api/auth/sessions?_method=DELETE', {}, accept)
    expect(named).toBeProblem(405, 'method_not_allowed')
  })

  test('an operation that no page has a form for takes none', async () => {
    const { client } = await signedInBrowser()

    const refreshed = await client.submit('/api/auth/refresh', { refresh_token: 'x' })
    const asPage = await client.submit(
      '/api/auth/refresh',
      { refresh_token: 'x' },
      { accept: 'application/json' },
    )

    expect(refreshed.status).toBe(415)
    expect(asPage).toBeProblem(415, 'unsupported_media_type')
  })

  test('a method is named by forms only', async () => {
    const { client } = await signedInBrowser()

    const sent = await client.send('/api/auth/sessions?_method=DELETE', {
      json: {},
      headers: { origin: testAppUrl },
    })

    expect(sent).toBeProblem(405, 'method_not_allowed')
    for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'TRACE', 'delete', '__proto__', '']) {
      const named = await client.submit(`/api/auth/sessions?_method=${method}`, {}, { accept: '*/*' })
      expect(named, method).toBeProblem(405, 'method_not_allowed')
    }
  })

  test('a form too large is refused before it is read', async () => {
    const answered = await browser().submit(login, { email: 'a'.repeat(20_000) }, { accept: '*/*' })

    expect(answered).toBeProblem(413, 'body_too_large')
  })

  test('a form with a field twice is refused, to a person as a page', async () => {
    const sent = { body: 'email=a&email=b&password=c&transport=cookie' }
    const headers = { 'content-type': formType, origin: testAppUrl }

    const answered = await browser().send(login, { ...sent, headers })
    const page = await browser().send(login, { ...sent, headers: { ...headers, accept: 'text/html' } })

    expect(answered).toBeProblem(422, 'invalid_request')
    expect(page.status).toBe(422)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  test('JSON is answered as JSON, on a server with pages too', async () => {
    const client = browser()
    await signIn(client)

    expect((await client.me()).status).toBe(200)
  })
})

describe('a success whose next page would ask for the address again', () => {
  const fields = { _page: '/forgot', _next: '/forgot?done=sent' }

  test('carries it there sealed, and not in the address of the page', async () => {
    const client = browser()
    const { email } = await account()

    const answer = await client.submit('/api/auth/forgot-password', { ...fields, email })

    expect(answer.headers.get('location')).toBe('/forgot?done=sent')
    expect(answer.headers.get('set-cookie')).not.toContain(email)
    expect(client.flashFor('/forgot')).toMatchObject({ code: null, values: { email } })
    expect(client.flashFor('/login')).toBeNull()
  })

  test('carries nothing else of a registration', async () => {
    const client = browser()
    const wanted = newAccount()

    await client.submit('/api/auth/register', {
      ...wanted,
      _page: '/register',
      _next: '/login?done=registered',
    })

    expect(client.flashFor('/login')).toMatchObject({ code: null, values: { email: wanted.email } })
    expect(Object.keys(client.flashFor('/login')?.values ?? {})).toEqual(['email'])
  })
})
