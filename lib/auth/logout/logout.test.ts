import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, testAppUrl, useServer } from '#test/support/harness.ts'
import { watchDatabase } from '#test/support/observations.ts'

const server = useServer()
const cookieName = 'session_8000'

async function signedIn(transport: 'bearer' | 'cookie' = 'bearer'): Promise<ApiClient> {
  const client = server.client()
  await signIn(client, transport)
  return client
}

/** The session of this client is over because somebody signed out. */
async function expectSignedOut(client: ApiClient) {
  const me = await client.me()
  expect(me).toBeProblem(401, 'session_ended')
  expect(me.body.ended_reason).toBe('signed_out')
}

describe('signing out ends the session of every credential that is presented', () => {
  test('of the access token', async () => {
    const client = await signedIn()

    const answer = await client.send('/api/auth/logout', { method: 'POST' })

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'success', message: 'Signed out' })
    await expectSignedOut(client)
    expect(await client.refresh()).toBeProblem(401, 'session_ended')
  })

  test('of the refresh token in the body', async () => {
    const client = await signedIn()

    const answer = await server
      .client()
      .send('/api/auth/logout', { json: { refresh_token: client.refreshToken } })

    expect(answer.status).toBe(200)
    await expectSignedOut(client)
  })

  test('of a refresh token of any generation: who has an old one may still end the session', async () => {
    const client = await signedIn()
    const first = client.refreshToken
    for (let round = 0; round < 6; round++) await client.refresh()

    await server.client().send('/api/auth/logout', { json: { refresh_token: first } })

    await expectSignedOut(client)
  })

  test('of the cookie, which is taken away', async () => {
    const client = await signedIn('cookie')
    const cookie = client.cookies.get(cookieName) ?? ''

    const answer = await client.logout()

    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie()).toEqual([
      `${cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
    ])
    expect(client.cookies.has('device_8000')).toBe(true)
    client.cookies.set(cookieName, cookie)
    await expectSignedOut(client)
  })

  test('of access token and refresh token, also when they belong to two sessions', async () => {
    const one = await signedIn()
    const another = await signedIn()

    await one.send('/api/auth/logout', { json: { refresh_token: another.refreshToken } })

    await expectSignedOut(one)
    await expectSignedOut(another)
  })

  test('of cookie and refresh token', async () => {
    const browser = await signedIn('cookie')
    const cookie = browser.cookies.get(cookieName) ?? ''
    const app = await signedIn()

    await browser.send('/api/auth/logout', {
      json: { refresh_token: app.refreshToken },
      headers: { origin: testAppUrl },
    })

    await expectSignedOut(app)
    browser.cookies.set(cookieName, cookie)
    await expectSignedOut(browser)
  })

  test('of an access token that has expired', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    await signIn(client)
    await own.time.advance({ seconds: 3600 })
    expect(await client.me()).toBeProblem(401, 'token_expired')

    expect((await client.send('/api/auth/logout', { method: 'POST' })).status).toBe(200)

    await expectSignedOut(client)
    expect(await client.refresh()).toBeProblem(401, 'session_ended')
  })

  test('and of no other: the user stays signed in elsewhere', async () => {
    const client = server.client()
    const account = await signIn(client)
    const elsewhere = server.client()
    await elsewhere.login(account)

    await client.logout()

    expect((await elsewhere.me()).status).toBe(200)
  })

  test('it costs at most two round trips to the database', async () => {
    const client = await signedIn()
    const watched = watchDatabase(server.runtime)

    await client.logout()

    expect(watched.names.length, watched.names.join()).toBeLessThanOrEqual(2)
  })
})

describe('signing out always works', () => {
  test('it is 200 without any credential, a second time, and with credentials that verify nowhere', async () => {
    const client = await signedIn()
    await client.logout()
    expect((await client.logout()).status).toBe(200)

    const nobody = server.client()
    expect((await nobody.send('/api/auth/logout', { method: 'POST' })).status).toBe(200)
    expect((await nobody.send('/api/auth/logout', { json: {} })).status).toBe(200)
    expect((await nobody.send('/api/auth/logout', { json: { refresh_token: 'forged' } })).status).toBe(200)
    for (const authorization of ['Bearer forged', 'Basic eDp5', 'Bearer']) {
      const answer = await nobody.send('/api/auth/logout', { method: 'POST', headers: { authorization } })
      expect(answer.status).toBe(200)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })

  test('a cookie that verifies nowhere is taken away', async () => {
    const client = server.client()
    client.cookies.set(cookieName, 'what.is.this')

    const answer = await client.logout()

    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie()[0]).toMatch(/; Max-Age=0/)
  })

  test('what was over keeps the reason for which it was', async () => {
    const client = await signedIn()
    const sessionId = client.refreshToken?.split('.')[0]
    await server.database.sql(
      "UPDATE sessions SET ended_at = app_now(), ended_reason = 'revoked_by_admin' WHERE id = $1",
      [sessionId],
    )

    await client.logout()

    expect((await client.me()).body.ended_reason).toBe('revoked_by_admin')
  })

  test('a body of the wrong shape is 422 and ends nothing', async () => {
    const client = await signedIn()

    expect(await client.send('/api/auth/logout', { json: { refresh_token: 7 } })).toBeProblem(
      422,
      'invalid_request',
    )
    expect((await client.me()).status).toBe(200)
  })
})

describe('nobody is signed out by a foreign page', () => {
  test('with the cookie and a foreign origin, null, or no origin at all it is 403, and the session and cookie stay', async () => {
    const client = await signedIn('cookie')
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      {},
    ] as Record<string, string>[]
    for (const headers of foreign) {
      const answer = await client.send('/api/auth/logout', { method: 'POST', headers })
      expect(answer).toBeProblem(403, 'origin_refused')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect((await client.me()).status).toBe(200)
  })

  test('a bearer sign-out asks for no origin and leaves the cookie beside it alone', async () => {
    const browser = await signedIn('cookie')
    const app = await signedIn()
    const cookie = `${cookieName}=${browser.cookies.get(cookieName)}`

    const answer = await app.send('/api/auth/logout', {
      method: 'POST',
      headers: { cookie, origin: 'https://evil.example' },
    })

    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie()).toEqual([])
    await expectSignedOut(app)
    expect((await browser.me()).status).toBe(200)
  })
})
