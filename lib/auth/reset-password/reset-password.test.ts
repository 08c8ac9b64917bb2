import { describe, expect, test } from 'vitest'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { watchDatabase } from '#test/support/observations.ts'

const server = useServer(capturedMail)
const fresh = 'an entirely new ferry'

const forgot = (on: TestServer, email: string) =>
  on.client().send('/api/auth/forgot-password', { json: { email } })
const reset = (on: TestServer, body: object) =>
  on.client().send('/api/auth/reset-password', { json: { new_password: fresh, ...body } })

/** An account whose owner has asked for a new password, and what came. */
async function forgetful(on: TestServer = server, account = newAccount()) {
  await on.client().register(account)
  await forgot(on, account.email)
  const mail = (await readMail(on, account.email)).at(-1)
  if (mail?.template !== 'reset_password') throw new Error(`no message: ${JSON.stringify(mail)}`)
  return { ...mail, account }
}

describe('a forgotten password', () => {
  test('is answered alike for a known address, an unknown and a disabled one, by the same statements', async () => {
    const own = await serverForThisTest(capturedMail)
    const known = newAccount()
    await own.client().register(known)
    const disabled = newAccount()
    await own.client().register(disabled)
    await own.database.sql('UPDATE users SET disabled_at = now() WHERE email = $1', [disabled.email])
    const watched = watchDatabase(own.runtime)

    const seen = []
    for (const email of [known.email, 'nobody@example.com', disabled.email]) {
      const { status, body, headers } = await forgot(own, email)
      seen.push({ status, body, names: watched.names.splice(0), cookies: headers.getSetCookie() })
    }

    expect(seen[0]).toMatchObject({ status: 200, cookies: [] })
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]).toEqual(seen[0])
    const templates = async (email: string) => (await readMail(own, email)).map(({ template }) => template)
    expect(await templates(known.email)).toEqual(['verify_email', 'reset_password'])
    expect(await templates(disabled.email)).toEqual(['verify_email'])
    expect(await templates('nobody@example.com')).toEqual([])
  })

  test('the message goes to the address as the account spells it', async () => {
    const account = newAccount()
    await server.client().register(account)

    await forgot(server, account.email.toUpperCase())

    const mail = (await readMail(server, account.email.toUpperCase())).at(-1)
    const [row] = await server.database.sql<{ recipient: string }>(
      'SELECT recipient FROM mail_messages WHERE id = $1',
      [mail?.id],
    )
    expect(row?.recipient).toBe(account.email)
  })

  test('reaches its owner however many other messages strangers have asked for to the address', async () => {
    const own = await serverForThisTest(capturedMail)
    const account = newAccount()
    await own.client().register(account)
    const resend = () =>
      own.client().send('/api/auth/verify-email/resend', { json: { email: account.email } })
    for (let count = 0; count < 6; count += 1) expect((await resend()).status).toBe(200)

    await forgot(own, account.email)

    expect((await readMail(own, account.email)).at(-1)?.template).toBe('reset_password')
  })

  test('guesses of a code are counted for nobody as for somebody', async () => {
    const { account } = await forgetful()
    await forgot(server, 'a.stranger@example.com')
    await readMail(server, 'a.stranger@example.com')

    for (const email of [account.email, 'a.stranger@example.com']) {
      expect(await reset(server, { email, code: '000000' })).toBeProblem(400, 'link_invalid')
      const rows = await server.database.sql(
        `SELECT code_tries FROM one_time_links WHERE lower(email) = lower($1) AND purpose = 'reset_password'`,
        [email],
      )
      expect(rows).toEqual([{ code_tries: 1 }])
    }
  })
})

describe('a new password by link', () => {
  test('replaces the old one, ends every session, proves the mailbox, and signs nobody in', async () => {
    const account = newAccount()
    const client = server.client()
    await client.register(account)
    await client.login(account)
    const { token } = await forgetful(server, account)

    const answer = await reset(server, { token })

    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await client.me()).toBeProblem(401, 'session_ended')
    expect((await client.me()).body.ended_reason).toBe('password_reset')
    expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
    const login = await server.client().login({ ...account, password: fresh })
    expect(login.body.user.email_verified).toBe(true)
    const last = (await readMail(server, account.email)).at(-1)
    expect(last).toMatchObject({ template: 'password_changed', parameters: { by: 'reset' } })
  })

  test('works with the code and the address too', async () => {
    const { account, code } = await forgetful()

    expect((await reset(server, { email: account.email, code })).status).toBe(200)

    expect((await server.client().login({ ...account, password: fresh })).status).toBe(200)
  })

  test('of twenty uses at once one wins, by link and by code', async () => {
    for (const way of ['token', 'code'] as const) {
      const { token, code, account } = await forgetful()
      const proof = way === 'token' ? { token } : { email: account.email, code }
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          reset(server, { ...proof, new_password: `${fresh} ${index}` }),
        ),
      )

      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const winner = answers.findIndex(({ status }) => status === 200)
      const login = await server.client().login({ ...account, password: `${fresh} ${winner}` })
      expect(login.status).toBe(200)
    }
  })

  test('a password that is refused does not use it', async () => {
    const { token, account } = await forgetful()

    expect(await reset(server, { token, new_password: 'password1' })).toBeProblem(422, 'weak_password')
    expect(await reset(server, { token, new_password: account.username })).toBeProblem(422, 'weak_password')

    expect((await reset(server, { token })).status).toBe(200)
  })

  test('only the newest link works, and none after a change of the password or of the address', async () => {
    const { token, account } = await forgetful()
    await forgot(server, account.email)
    const newest = (await readMail(server, account.email)).at(-1)
    expect(await reset(server, { token })).toBeProblem(400, 'link_invalid')

    const client = server.client()
    await client.login(account)
    const change = { current_password: account.password, new_password: `${fresh} two` }
    await client.send('/api/auth/change-password', { json: change })

    expect(await reset(server, { token: newest?.token })).toBeProblem(400, 'link_invalid')
  })

  test('lives for 30 minutes from its hand-over, its code for 10', async () => {
    const own = await serverForThisTest(capturedMail)
    const { token, code, account } = await forgetful(own)
    await own.time.advance({ seconds: 601 })
    expect(await reset(own, { email: account.email, code })).toBeProblem(400, 'link_invalid')

    await own.time.advance({ seconds: 1200 })

    expect(await reset(own, { token })).toBeProblem(400, 'link_expired')
  })

  test('forgets the wrong tries that were counted against the account', async () => {
    const { token, account } = await forgetful()
    for (let count = 0; count < 5; count += 1)
      await server.client().login({ ...account, password: 'some other words' })
    expect((await server.client().login(account)).status).toBe(429)

    await reset(server, { token })

    expect((await server.client().login({ ...account, password: fresh })).status).toBe(200)
  })

  test('guesses of codes are limited by address block', async () => {
    const client = server.client()
    const guess = (n: number) => ({ email: `${n}@example.com`, code: '123456', new_password: fresh })
    for (let count = 0; count < 30; count += 1)
      expect(await client.send('/api/auth/reset-password', { json: guess(count) })).toBeProblem(
        400,
        'link_invalid',
      )

    expect(await client.send('/api/auth/reset-password', { json: guess(30) })).toBeProblem(
      429,
      'rate_limited',
    )
  })

  test('of an account that is disabled meanwhile changes nothing', async () => {
    const { token, account } = await forgetful()
    await server.database.sql('UPDATE users SET disabled_at = now() WHERE email = $1', [account.email])

    expect(await reset(server, { token })).toBeProblem(400, 'link_invalid')
  })

  test('a sign-in with the old password that is in flight does not survive it', async () => {
    const account = newAccount()
    const { token } = await forgetful(server, account)
    const clients = Array.from({ length: 4 }, () => server.client())

    const [answers] = await Promise.all([
      Promise.all(clients.map((client) => client.login(account))),
      reset(server, { token }),
    ])

    const signedIn = clients.filter((_, index) => answers[index]?.status === 200)
    for (const client of signedIn) expect((await client.me()).status).toBe(401)
  })

  test('no password and no token is written to the log', async () => {
    const { token, code } = await forgetful()
    await reset(server, { token })

    const log = JSON.stringify(server.logs)
    for (const secret of [token, fresh, `"${code}"`]) expect(log).not.toContain(secret)
  })
})

test('a reused refresh token and a new device are told to the owner', async () => {
  const client = server.client()
  const account = await signIn(client)
  const stale = client.refreshToken ?? ''
  await client.refresh()
  await server.database.sql(
    `UPDATE sessions SET superseded_at = array(SELECT one - interval '1 hour' FROM unnest(superseded_at) one)`,
  )
  await server.client().refresh({ refreshToken: stale })
  const windows = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0' }
  await server.client().send('/api/auth/login', { json: account, headers: windows })
  await server.client().send('/api/auth/login', { json: account, headers: windows })

  const templates = (await readMail(server, account.email)).map(({ template }) => template)
  expect(templates).toEqual(['verify_email', 'sessions_ended_by_reuse', 'new_device'])
})
