import { describe, expect, test } from 'vitest'
import { type ApiClient, type Credentials, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, testAppUrl, useServer } from '#test/support/harness.ts'
import { passwordWorkSoFar, stopDatabaseTime } from '#test/support/observations.ts'

const server = useServer()
const cookieName = 'session_8000'
const newPassword = 'a brand new lighthouse'

async function signedIn(transport: 'bearer' | 'cookie' = 'bearer', own: TestServer = server) {
  const client = own.client()
  return { client, account: await signIn(client, transport) }
}

function changePassword(client: ApiClient, from: string, to: string) {
  return client.send('/api/auth/change-password', {
    json: { current_password: from, new_password: to },
    headers: { origin: testAppUrl },
  })
}

async function canSignIn(account: Credentials, password: string, { client }: TestServer = server) {
  return (await client().login({ email: account.email, password })).status === 200
}

describe('the password is changed', () => {
  test('from then on the new one signs in and the old one does not', async () => {
    const { client, account } = await signedIn()

    const answer = await changePassword(client, account.password, newPassword)

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'success', message: expect.any(String) })
    expect(await canSignIn(account, newPassword)).toBe(true)
    expect(await canSignIn(account, account.password)).toBe(false)
  })

  test('the bearer session that asked stays, with the tokens it has', async () => {
    const { client, account } = await signedIn()
    const before = (await client.me()).body.session

    const answer = await changePassword(client, account.password, newPassword)

    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await client.me()).body.session).toEqual(before)
    expect((await client.refresh()).status).toBe(200)
  })

  test('the cookie session that asked goes on under a new id and a new cookie; the old cookie is dead', async () => {
    const { client, account } = await signedIn('cookie')
    const before = (await client.me()).body.session
    const oldCookie = client.cookies.get(cookieName) ?? ''

    const answer = await changePassword(client, account.password, newPassword)

    expect(answer.headers.getSetCookie()).toHaveLength(1)
    const after = (await client.me()).body.session
    expect(after).toMatchObject({ kind: 'cookie', amr: before.amr })
    expect(after.id).not.toBe(before.id)
    client.cookies.set(cookieName, oldCookie)
    const me = await client.me()
    expect(me).toBeProblem(401, 'session_ended')
    expect(me.body.ended_reason).toBe('password_changed')
  })

  test('a cookie session that is not remembered stays one that is not', async () => {
    const { account } = await signedIn()
    const client = server.client()
    await client.login({ ...account, transport: 'cookie', remember: false })

    const [cookie] = (await changePassword(client, account.password, newPassword)).headers.getSetCookie()

    expect(cookie).toMatch(/; SameSite=Lax$/)
  })

  test('every other session of the user ends and is told why, over both transports', async () => {
    const { client, account } = await signedIn()
    const app = server.client()
    await app.login(account)
    const browser = server.client()
    await browser.login({ ...account, transport: 'cookie' })

    await changePassword(client, account.password, newPassword)

    for (const answer of [await app.me(), await app.refresh(), await browser.me(), await browser.refresh()]) {
      expect(answer).toBeProblem(401, 'session_ended')
      expect(answer.body.ended_reason).toBe('password_changed')
    }
  })

  test('sessions of other users stay', async () => {
    const { client, account } = await signedIn()
    const { client: other } = await signedIn()

    await changePassword(client, account.password, newPassword)

    expect((await other.me()).status).toBe(200)
  })

  test('of two parallel changes one wins, the other is refused, and one password is right', async () => {
    const { client, account } = await signedIn()
    const other = server.client()
    await other.login(account)

    const answers = await Promise.all([
      changePassword(client, account.password, 'a lighthouse in the north'),
      changePassword(other, account.password, 'a lighthouse in the south'),
    ])

    const codes = answers.map(({ status, body }) => (status === 200 ? 200 : body.code))
    expect(codes.filter((code) => code === 200)).toHaveLength(1)
    // It came before the password was looked at, or after.
    expect(['session_ended', 'wrong_password']).toContain(codes.find((code) => code !== 200))
    const winner = answers[0].status === 200 ? 'north' : 'south'
    for (const place of ['north', 'south']) {
      expect(await canSignIn(account, `a lighthouse in the ${place}`)).toBe(place === winner)
    }
  })
})

describe('a change that is refused changes nothing', () => {
  test('a wrong current password is 400 wrong_password and names its field', async () => {
    const { client, account } = await signedIn()

    const answer = await changePassword(client, 'not the right one', newPassword)

    expect(answer).toBeProblem(400, 'wrong_password')
    expect(answer.body.detail).toBe('Current password is incorrect')
    expect(answer.body.errors).toMatchObject([{ field: 'current_password', code: 'wrong_password' }])
    expect((await client.me()).status).toBe(200)
    expect(await canSignIn(account, account.password)).toBe(true)
  })

  test('the same password is 400 same_password, in any spelling of it', async () => {
    const password = 'café by the quiet sea'
    const client = server.client()
    const { account } = await client.register({ password })
    await client.login(account)

    for (const spelling of [password, password.normalize('NFD')]) {
      const answer = await changePassword(client, password, spelling)
      expect(answer).toBeProblem(400, 'same_password')
      expect(answer.body.detail).toBe('New password must be different from current password')
    }
  })

  test('whether a password is the current one is not told to somebody who does not know it', async () => {
    const { client, account } = await signedIn()

    expect(await changePassword(client, 'not the right one', account.password)).toBeProblem(
      400,
      'wrong_password',
    )
    expect(await changePassword(client, 'not the right one', 'password1')).toBeProblem(400, 'wrong_password')
  })

  test('a weak new password is 422 weak_password on the field new_password, and other sessions stay', async () => {
    const { client, account } = await signedIn()
    const other = server.client()
    await other.login(account)
    for (const weak of ['short', 'password1', `${account.username}!`]) {
      const answer = await changePassword(client, account.password, weak)
      expect(answer).toBeProblem(422, 'weak_password')
      expect(answer.body.errors).toMatchObject([{ field: 'new_password', code: 'weak_password' }])
    }
    expect((await other.me()).status).toBe(200)
    expect(await canSignIn(account, account.password)).toBe(true)
  })

  test('a new password over 1,024 bytes is 422, a current one of that length is a wrong one', async () => {
    const { client, account } = await signedIn()

    expect(await changePassword(client, account.password, 'ö'.repeat(513))).toBeProblem(
      422,
      'invalid_request',
    )
    expect(await changePassword(client, 'ö'.repeat(513), newPassword)).toBeProblem(400, 'wrong_password')
  })

  test('without a session it is 401, before the body is looked at', async () => {
    const answer = await server.client().send('/api/auth/change-password', { json: { nonsense: true } })

    expect(answer).toBeProblem(401, 'unauthenticated')
  })

  test('with the cookie a foreign origin is 403, without password work', async () => {
    const { client, account } = await signedIn('cookie')
    const before = await passwordWorkSoFar(server.runtime)

    const answer = await client.send('/api/auth/change-password', {
      json: { current_password: account.password, new_password: newPassword },
      headers: { origin: 'https://evil.example' },
    })

    expect(answer).toBeProblem(403, 'origin_refused')
    expect(await passwordWorkSoFar(server.runtime)).toBe(before)
    expect(await canSignIn(account, account.password)).toBe(true)
  })

  test('an account without a password has none that could be right', async () => {
    const { client, account } = await signedIn()
    await server.database.sql(
      'DELETE FROM password_credentials WHERE user_id = (SELECT id FROM users WHERE email = $1)',
      [account.email],
    )

    expect(await changePassword(client, account.password, newPassword)).toBeProblem(400, 'wrong_password')
  })
})

describe('wrong current passwords are limited within the session', () => {
  test('five, then 429 without password work, the right one included; waiting helps', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    const { client, account } = await signedIn('bearer', own)
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await changePassword(client, 'not the right one', newPassword)).toBeProblem(
        400,
        'wrong_password',
      )
    }
    const before = await passwordWorkSoFar(own.runtime)

    for (const current of ['not the right one', account.password]) {
      const answer = await changePassword(client, current, newPassword)
      expect(answer).toBeProblem(429, 'rate_limited')
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.headers.get('ratelimit')).toBe('"current-password";r=0;t=1')
    }
    expect(await passwordWorkSoFar(own.runtime)).toBe(before)

    await own.time.advance({ seconds: 1 })
    expect((await changePassword(client, account.password, newPassword)).status).toBe(200)
  })

  test('they are counted apart from sign-ins and from other sessions, and a right one clears them', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    const { client, account } = await signedIn('bearer', own)
    const other = own.client()
    await other.login(account)
    for (let attempt = 0; attempt < 5; attempt++)
      await changePassword(client, 'not the right one', newPassword)

    expect(await canSignIn(account, account.password, own)).toBe(true)
    for (let attempt = 0; attempt < 4; attempt++)
      await changePassword(other, 'not the right one', newPassword)
    expect((await changePassword(other, account.password, newPassword)).status).toBe(200)
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(await changePassword(other, 'not the right one', account.password)).toBeProblem(
        400,
        'wrong_password',
      )
    }
  })
})
