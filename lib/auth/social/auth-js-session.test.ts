import { describe, expect, test } from 'vitest'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, testAppUrl, useServer } from '#test/support/harness.ts'
import { formHeaders } from '#test/support/social-scenes.ts'

const server = useServer()

/** As next-auth/react sends it. */
const asClient = { ...formHeaders, 'x-auth-return-redirect': '1' }
const fields = (values: Record<string, string>) => new URLSearchParams(values).toString()

describe('code that was written for Auth.js', () => {
  test('signs in with credentials, and finds our user and session', async () => {
    const client = server.client()
    const { account } = await client.register()

    const answer = await client.send('/api/auth/callback/credentials', {
      body: fields({ ...account, callbackUrl: '/account', csrfToken: 'none' }),
      headers: asClient,
    })

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ url: `${testAppUrl}/account` })
    const me = (await client.me()).body
    expect((await client.send('/api/auth/session')).body).toEqual({
      user: {
        id: String(me.id),
        name: account.username,
        email: account.email,
        roles: ['USER'],
        emailVerified: false,
      },
      sessionId: me.session.id,
      expires: me.session.expires_at,
    })
    expect(me.session).toMatchObject({ kind: 'cookie', amr: ['pwd'] })
  })

  test('is told why it was refused, as its client reads it, and a right count of tries is kept', async () => {
    const client = server.client()
    const { account } = await client.register()
    const answers = []
    for (let count = 0; count < 6; count += 1) {
      const body = fields({ email: account.email, password: 'some other words' })
      answers.push(await client.send('/api/auth/callback/credentials', { body, headers: asClient }))
    }

    expect(answers[0]).toBeProblem(401, 'invalid_credentials')
    const url = new URL(answers[0]?.body.url)
    expect(url.searchParams.get('error')).toBe('CredentialsSignin')
    expect(url.searchParams.get('code')).toBe('invalid_credentials')
    expect(answers.at(-1)).toBeProblem(429, 'rate_limited')
    expect((await client.send('/api/auth/session')).text).toBe('null')
  })

  test('by a form is led to the pages, which say why; without pages it gets the problem', async () => {
    const body = fields({ email: 'nobody@example.com', password: 'some other words' })
    const sent = { body, headers: formHeaders }
    const elsewhere = await serverForThisTest({ PAGES_URL: 'https://app.example.com' })

    const led = await elsewhere.client().send('/api/auth/callback/credentials', sent)

    expect(led.status).toBe(303)
    expect(led.headers.get('location')).toBe(
      'https://app.example.com/login?error=CredentialsSignin&code=invalid_credentials',
    )
    expect(await server.client().send('/api/auth/callback/credentials', sent)).toBeProblem(
      401,
      'invalid_credentials',
    )
  })

  test('is refused with the status of LOGIN_FAILURE_STATUS, as at login', async () => {
    const own = await serverForThisTest({ LOGIN_FAILURE_STATUS: '400' })
    const body = fields({ email: 'nobody@example.com', password: 'some other words' })

    const answer = await own.client().send('/api/auth/callback/credentials', { body, headers: asClient })

    expect(answer).toBeProblem(400, 'invalid_credentials')
    expect(new URL(answer.body.url).searchParams.get('error')).toBe('CredentialsSignin')
  })

  test('signs out for every process, not only in the browser', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const cookie = client.cookies.get('session_8000') ?? ''

    const answer = await client.send('/api/auth/signout', { body: fields({}), headers: asClient })

    expect(answer.body.url).toBe(`${testAppUrl}/login?done=signed-out`)
    expect(client.cookies.has('session_8000')).toBe(false)
    client.cookies.set('session_8000', cookie)
    expect((await client.me()).body).toMatchObject({ code: 'session_ended', ended_reason: 'signed_out' })
  })

  test('is led to the sign-in page of whoever has the pages', async () => {
    const own = await serverForThisTest({ PAGES_URL: 'https://app.example.com' })
    const answer = await own.client().send('/api/auth/signout', { body: fields({}), headers: asClient })

    expect(answer.body.url).toBe('https://app.example.com/login?done=signed-out')
  })

  test('gets a token for its forms and the list of providers', async () => {
    const client = server.client()
    expect((await client.send('/api/auth/csrf')).body.csrfToken).toMatch(/^[0-9a-f]{64}$/)
    expect(Object.keys((await client.send('/api/auth/providers')).body)).toEqual(['credentials'])
  })
})

describe('the session of Auth.js', () => {
  test('never outlives ours, and is never renewed by being asked for', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    await signIn(client, 'cookie')
    const asked = await client.send('/api/auth/session')
    expect(asked.headers.getSetCookie()).toEqual([])
    await own.time.advance({ seconds: 8 * 86_400 })

    expect((await client.send('/api/auth/session')).text).toBe('null')
  })

  test('is gone at once when ours is ended', async () => {
    const client = server.client()
    const account = await signIn(client, 'cookie')
    const other = server.client()
    await other.login(account)

    await other.send('/api/auth/sessions', { method: 'DELETE' })

    expect((await client.send('/api/auth/session')).text).toBe('null')
  })

  test('while the database is down is a 503, never a sign-out: the cookie stays, and works again', async () => {
    const own = await serverForThisTest({ LIVE_VIEW: 'off' })
    const client = own.client()
    await signIn(client, 'cookie')
    const { runtime } = own
    const { sessionCheck } = runtime
    runtime.sessionCheck = {
      ...sessionCheck,
      check: () => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' })),
    }

    const down = await client.send('/api/auth/session')

    runtime.sessionCheck = sessionCheck
    expect(down).toBeProblem(503, 'unavailable')
    expect(down.headers.getSetCookie()).toEqual([])
    expect((await client.send('/api/auth/session')).body.user.name).toBeTruthy()
  })

  test.each(['nonsense', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'])(
    'is none for a cookie that we did not make: %s',
    async (value) => {
      const client = server.client()
      client.cookies.set('session_8000', value)
      expect((await client.send('/api/auth/session')).text).toBe('null')
    },
  )

  test('is none where the cookie is there twice, or beside an Authorization header', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const value = client.cookies.get('session_8000') ?? ''
    const twice = { cookie: `session_8000=${value}; session_8000=${value}` }
    const beside = { authorization: 'Bearer x' }
    for (const headers of [twice, beside])
      expect((await client.send('/api/auth/session', { headers })).text).toBe('null')
  })

  test('cannot be changed by update()', async () => {
    const client = server.client()
    const { username } = await signIn(client, 'cookie')
    const answer = await client.send('/api/auth/session', {
      json: { csrfToken: 'x', data: { user: { name: 'root', roles: ['ADMIN'] } } },
      headers: { origin: testAppUrl },
    })
    expect(answer.body.user).toMatchObject({ name: username, roles: ['USER'] })
  })
})

describe('what reaches Auth.js', () => {
  test.each([
    ['POST', '/api/auth/callback/credentials'],
    ['POST', '/api/auth/signout'],
    ['POST', '/api/auth/session'],
  ])('%s %s is refused from a foreign page', async (method, path) => {
    const client = server.client()
    const { account } = await client.register()
    const answer = await client.send(path, {
      method,
      body: fields({ ...account }),
      headers: { ...asClient, origin: 'https://evil.example' },
    })
    expect(answer).toBeProblem(403, 'origin_refused')
  })

  test.each([
    '/api/auth/verify-request',
    '/api/auth/webauthn-options',
    '/api/auth/callback/nobody',
    '/api/auth/callback/credentials',
    '/api/auth/signin',
    '/api/auth/error',
    '/api/auth/nothing',
  ])('GET %s is not found on a server without pages', async (path) => {
    expect(await server.client().send(path)).toBeProblem(404, 'not_found')
  })

  test('nobody is made an account by it', async () => {
    const { email, password } = newAccount()
    const answer = await server.client().send('/api/auth/callback/credentials', {
      body: fields({ email, password }),
      headers: asClient,
    })
    expect(answer).toBeProblem(401, 'invalid_credentials')
  })
})
