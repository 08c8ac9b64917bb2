import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Problem } from '#lib/problems.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { stopDatabaseTime, watchDatabase } from '#test/support/observations.ts'
import { describeRegistration } from './describe-registration.ts'

const server = useServer(capturedMail)
const strict = useServer({ ...capturedMail, EMAIL_VERIFICATION: 'required' })

/** An account or a registration, with the message that its mailbox got. */
async function registered(on: TestServer = server, account = newAccount()) {
  const answer = await on.client().register(account)
  const mails = await readMail(on, account.email)
  const mail = mails.find(({ template }) => template === 'verify_email')
  if (!mail) throw new Error(`no message: ${JSON.stringify(mails)}`)
  return { account, answer, ...mail }
}

const verify = (on: TestServer, body: object) => on.client().send('/api/auth/verify-email', { json: body })

describe('an account whose address need not be proven', () => {
  test('may sign in before, and keeps its password and its session when the link is used', async () => {
    const { account, token } = await registered()
    const client = server.client()
    await client.login(account)

    const answer = await verify(server, { token })

    expect(answer.status).toBe(200)
    expect((await client.me()).body.email_verified).toBe(true)
    expect((await server.client().login(account)).status).toBe(200)
    expect((await readMail(server, account.email)).map(({ template }) => template)).toContain('welcome')
  })

  test.each(['disabled_at', 'deleted_at'])(
    'is proven, and not welcomed, while nobody may sign in to it (%s)',
    async (column) => {
      const { account, token } = await registered()
      await server.database.sql(`UPDATE users SET ${column} = app_now() WHERE email = $1`, [account.email])

      expect((await verify(server, { token })).status).toBe(200)

      const [row] = await server.database.sql('SELECT email_verified_at FROM users WHERE email = $1', [
        account.email,
      ])
      expect(row?.['email_verified_at']).not.toBeNull()
      const templates = (await readMail(server, account.email)).map(({ template }) => template)
      expect(templates).toEqual(['verify_email'])
    },
  )

  test('is verified by the code of the same message on another device, in any spelling of it', async () => {
    const { account, code } = await registered()

    const body = { email: account.email.toUpperCase(), code: `${code.slice(0, 3)} ${code.slice(3)}` }
    expect((await verify(server, body)).status).toBe(200)
    expect(await verify(server, body)).toBeProblem(400, 'link_invalid')
  })

  test('of twenty uses of its link at once exactly one wins', async () => {
    const { token } = await registered()

    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(server, { token })))

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200 && status !== 503))
      expect(answer).toBeProblem(400, 'link_used')
  })

  test('the page of its link shows whose it is and where it was made, as often as it is opened', async () => {
    const account = newAccount()
    await server.client({ address: '192.0.2.77' }).register(account)
    const [mail] = await readMail(server, account.email)
    const shown = { kind: 'open', ...account, address: '192.0.2.77', isUnproven: true }
    const { password: _, ...expected } = shown

    for (let look = 0; look < 3; look += 1)
      expect(await describeRegistration(server.runtime, mail?.token ?? '')).toMatchObject(expected)
    expect((await verify(server, { token: mail?.token })).status).toBe(200)
    expect(await describeRegistration(server.runtime, mail?.token ?? '')).toMatchObject({ kind: 'done' })
  })

  test('is shown with where it was made, however much has happened to it since', async () => {
    const account = newAccount()
    await server.client({ address: '192.0.2.78' }).register(account)
    const [mail] = await readMail(server, account.email)
    await server.database.sql(
      `INSERT INTO audit_events (name, actor, user_id, client_address)
       SELECT 'username_changed', 'user', id, '198.51.100.9' FROM users, generate_series(1, 60) WHERE email = $1`,
      [account.email],
    )

    const shown = await describeRegistration(server.runtime, mail?.token ?? '')

    expect(shown).toMatchObject({ kind: 'open', address: '192.0.2.78' })
  })

  test('is removed when the owner of the mailbox says that it was somebody else', async () => {
    const { account, token } = await registered()
    const stranger = server.client()
    await stranger.login(account)

    const answer = await server.client().send('/api/auth/verify-email/disown', { json: { token } })

    expect(answer.status).toBe(200)
    expect(await stranger.me()).toBeProblem(401, 'session_ended')
    expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
    expect((await server.client().register(account)).status).toBe(200)
  })

  test('is not removed by that link once its address is proven', async () => {
    const { account, token, code } = await registered()
    await server.client().send('/api/auth/verify-email/resend', { json: { email: account.email } })
    const newest = (await readMail(server, account.email)).at(-1)
    expect(newest?.code).not.toBe(code)
    await verify(server, { email: account.email, code: newest?.code })

    const answer = await server.client().send('/api/auth/verify-email/disown', { json: { token } })

    expect(answer).toBeProblem(400, 'link_invalid')
    expect((await server.client().login(account)).status).toBe(200)
  })

  test.each([
    {},
    { token: 'x', code: '123456' },
    { email: 'anna@example.com' },
    { email: 'anna@example.com', code: '12345' },
    { token: 'x', more: true },
  ])('%j is no proof', async (body) => {
    expect(await verify(server, body)).toBeProblem(422, 'invalid_request')
  })

  test('a token of another purpose, a forged one and one of nobody are invalid, and cost no write', async () => {
    const { account, token } = await registered()
    await server.client().send('/api/auth/forgot-password', { json: { email: account.email } })
    const reset = (await readMail(server, account.email)).at(-1)

    expect(await verify(server, { token: reset?.token })).toBeProblem(400, 'link_invalid')
    const forged = token.replace(/.$/, (letter) => (letter === 'A' ? 'B' : 'A'))
    expect(await verify(server, { token: forged })).toBeProblem(400, 'link_invalid')
    expect(await verify(server, { email: 'nobody@example.com', code: '123456' })).toBeProblem(
      400,
      'link_invalid',
    )
  })
})

describe('an address that has to be proven', () => {
  test('answers alike for one that is known and one that is not, and nothing is signed in', async () => {
    const known = await registered(strict)
    await verify(strict, { token: known.token })

    const again = await strict.client().register({ email: known.account.email })
    const fresh = await strict.client().register()

    expect(again.status).toBe(200)
    expect(again.body).toEqual(fresh.body)
    expect(again.body).not.toHaveProperty('user')
    expect(again.headers.getSetCookie()).toEqual([])
  })

  test('of one that is known the owner is told, and the link of the stranger does not exist', async () => {
    const { account, token } = await registered(strict)
    await verify(strict, { token })
    const stranger = newAccount()

    await strict.client().register({ ...stranger, email: account.email })

    const templates = (await readMail(strict, account.email)).map(({ template }) => template)
    expect(templates).toEqual(['verify_email', 'welcome', 'account_exists'])
    const [row] = await strict.database.sql<{ open: number }>(
      `SELECT count(*)::int AS open FROM one_time_links
       WHERE lower(email) = lower($1) AND used_at IS NULL AND voided_at IS NULL`,
      [account.email],
    )
    expect(row?.open).toBe(0)
  })

  test('the password of the registration says 403 in both cases, a wrong one 401', async () => {
    const known = await registered(strict)
    await verify(strict, { token: known.token })
    const onKnown = { ...newAccount(), email: known.account.email }
    const onUnknown = newAccount()
    for (const account of [onKnown, onUnknown]) await strict.client().register(account)

    for (const { email, username, password } of [onKnown, onUnknown]) {
      for (const identifier of [email, username]) {
        const right = await strict.client().login({ email: identifier, password })
        expect(right).toBeProblem(403, 'email_not_verified')
        const wrong = await strict.client().login({ email: identifier, password: 'some other words' })
        expect(wrong).toBeProblem(401, 'invalid_credentials')
      }
    }
    expect((await strict.client().login(known.account)).status).toBe(200)
  })

  test('the password of a registration does not forget the wrong tries against the account', async () => {
    const { account, token } = await registered(strict)
    await verify(strict, { token })
    const stranger = { ...newAccount(), email: account.email }
    await strict.client().register(stranger)
    const wrong = () => strict.client().login({ ...account, password: 'some other words' })
    for (let count = 0; count < 4; count += 1) expect((await wrong()).status).toBe(401)

    expect(await strict.client().login(stranger)).toBeProblem(403, 'email_not_verified')

    expect(await wrong()).toBeProblem(429, 'rate_limited')
  })

  test('the passwords of registrations are no free guesses: each is counted and written down, known address or not', async () => {
    const own = await serverForThisTest({ ...capturedMail, EMAIL_VERIFICATION: 'required' })
    await stopDatabaseTime(own)
    const known = await registered(own)
    await verify(own, { token: known.token })
    const refusals = async () =>
      own.database.sql("SELECT id FROM audit_events WHERE name = 'sign_in_refused'")

    for (const email of [known.account.email, newAccount().email]) {
      const [statuses, before] = [[] as number[], (await refusals()).length]
      for (let guess = 0; guess < 6; guess += 1) {
        const registration = { ...newAccount(), email, password: `a guess of a password ${guess}` }
        // A sign-in looks at the newest.
        await own.time.advance({ seconds: 0.01 })
        await own.client().register(registration)
        const watched = watchDatabase(own.runtime)
        statuses.push((await own.client().login(registration)).status)
        expect(watched.names.length, watched.names.join()).toBeLessThanOrEqual(4)
      }

      expect(statuses).toEqual([403, 403, 403, 403, 403, 429])
      expect(await refusals()).toHaveLength(before + 5)
    }
  })

  test('a guess stays counted where the password of the registration cannot be looked at', async () => {
    const own = await serverForThisTest({ ...capturedMail, EMAIL_VERIFICATION: 'required' })
    const { account, token } = await registered(own)
    await verify(own, { token })
    await own.client().register({ ...newAccount(), email: account.email })
    const { passwords } = own.runtime
    const { verify: verifyPassword } = passwords
    let looks = 0
    passwords.verify = async (...asked) => {
      looks += 1
      if (looks === 2) throw new Problem('overloaded', { retryAfterSeconds: 1, because: 'the test' })
      return verifyPassword(...asked)
    }

    const answer = await own.client().login({ ...account, password: 'some other words' })

    expect(answer).toBeProblem(503, 'overloaded')
    const rows = await own.database.sql('SELECT refused FROM attempt_budgets')
    expect(rows).toEqual([{ refused: 1 }, { refused: 1 }])
  })

  test('becomes an account with the link: verified, and signed in to with the password it was given', async () => {
    const { account, token } = await registered(strict)

    expect((await verify(strict, { token })).status).toBe(200)

    const login = await strict.client().login(account)
    expect(login.body.user).toMatchObject({
      email_verified: true,
      username: account.username,
      roles: ['USER'],
    })
    expect(await verify(strict, { token })).toBeProblem(400, 'link_used')
  })

  test('of two registrations of one address the one whose link is used wins, and the other is over', async () => {
    const first = await registered(strict)
    const second = { ...newAccount(), email: first.account.email }
    await strict.client().register(second)
    const other = (await readMail(strict, second.email)).at(-1)

    expect((await verify(strict, { token: other?.token })).status).toBe(200)

    expect(await verify(strict, { token: first.token })).toBeProblem(400, 'link_invalid')
    expect(await strict.client().login(first.account)).toBeProblem(401, 'invalid_credentials')
    expect((await strict.client().login(second)).status).toBe(200)
  })

  test('of two registrations of one address neither is completed by a code, which says not whose it is', async () => {
    const owner = await registered(strict)
    const stranger = { ...newAccount(), email: owner.account.email }
    await strict.client().register(stranger)
    await strict.client().send('/api/auth/verify-email/resend', { json: { email: stranger.email } })
    const codes = (await readMail(strict, stranger.email)).map(({ code }) => code)

    for (const code of codes.toReversed())
      expect(await verify(strict, { email: stranger.email, code })).toBeProblem(400, 'link_invalid')

    expect((await verify(strict, { token: owner.token })).status).toBe(200)
    expect(await strict.client().login(stranger)).toBeProblem(401, 'invalid_credentials')
  })

  test('of two registrations of one address whose links are used at once one wins, without waiting for each other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const first = await registered(strict)
      const second = { ...newAccount(), email: first.account.email }
      await strict.client().register(second)
      const tokens = (await readMail(strict, second.email)).map(({ token }) => token)

      const answers = await Promise.all(tokens.map((token) => verify(strict, { token })))

      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400])
    }
  })

  test('the user name is reserved until the registration is over', async () => {
    const own = await serverForThisTest({ ...capturedMail, EMAIL_VERIFICATION: 'required' })
    const { account } = await registered(own)
    const wanted = { username: account.username.toUpperCase() }
    expect(await own.client().register(wanted)).toBeProblem(400, 'username_taken')

    await own.time.advance({ seconds: 48 * 3600 + 1 })

    expect((await own.client().register(wanted)).status).toBe(200)
  })

  test('a registration looks at no account with the address, and costs four round trips at most', async () => {
    const own = await serverForThisTest({ ...capturedMail, EMAIL_VERIFICATION: 'required' })
    const { account, token } = await registered(own)
    await verify(own, { token })
    const watched = watchDatabase(own.runtime)

    await own.client().register({ email: account.email })
    const ofKnown = watched.names.splice(0)
    await own.client().register()

    expect(watched.names).toEqual(ofKnown)
    expect(ofKnown.length, ofKnown.join()).toBeLessThanOrEqual(4)
  })

  test('a registration that nobody wanted is removed by the link', async () => {
    const { account, token } = await registered(strict)

    expect((await strict.client().send('/api/auth/verify-email/disown', { json: { token } })).status).toBe(
      200,
    )

    expect(await verify(strict, { token })).toBeProblem(400, 'link_invalid')
    expect(await strict.client().login(account)).toBeProblem(401, 'invalid_credentials')
    expect((await strict.client().register({ username: account.username })).status).toBe(200)
  })
})

describe('a registration whose address was mistyped', () => {
  const wrongAddress = () => ({ ...newAccount(), email: `mistyped-${newAccount().email}` })

  test('is replaced by one with its user name and its password: the new address is asked, the old link is void', async () => {
    const wrong = await registered(strict, wrongAddress())
    const right = {
      ...wrong.account,
      email: newAccount().email,
      username: wrong.account.username.toUpperCase(),
    }

    const answer = await strict.client().register(right)

    expect(answer.body).toEqual(wrong.answer.body)
    expect(await verify(strict, { token: wrong.token })).toBeProblem(400, 'link_invalid')
    expect(await verify(strict, { email: wrong.account.email, code: wrong.code })).toBeProblem(
      400,
      'link_invalid',
    )
    const [mail] = await readMail(strict, right.email)
    expect((await verify(strict, { token: mail?.token })).status).toBe(200)
    expect((await strict.client().login(right)).body.user).toMatchObject({ email: right.email })
  })

  test('is replaced alike for an address that is known, whose owner is told', async () => {
    const own = await serverForThisTest({ ...capturedMail, EMAIL_VERIFICATION: 'required' })
    const known = await registered(own)
    await verify(own, { token: known.token })
    const watched = watchDatabase(own.runtime)
    const seen = []
    for (const email of [known.account.email, newAccount().email]) {
      const wrong = await registered(own, wrongAddress())
      watched.names.length = 0
      const { status, body } = await own.client().register({ ...wrong.account, email })
      seen.push({ status, body, names: [...watched.names] })
    }

    expect(seen[0]?.status).toBe(200)
    expect(seen[1]).toEqual(seen[0])
    const templates = (await readMail(own, known.account.email)).map(({ template }) => template)
    expect(templates).toEqual(['verify_email', 'welcome', 'account_exists'])
  })

  test('keeps its name against everybody else, and whoever tries five passwords has to wait', async () => {
    const wrong = await registered(strict, wrongAddress())
    const guess = (password: string) =>
      strict.client().register({ username: wrong.account.username, email: newAccount().email, password })
    for (let count = 0; count < 5; count += 1)
      expect(await guess(`some other words ${count}`)).toBeProblem(400, 'username_taken')

    expect(await guess(wrong.account.password)).toBeProblem(429, 'rate_limited')
    expect((await verify(strict, { token: wrong.token })).status).toBe(200)
    expect((await strict.client().login(wrong.account)).status).toBe(200)
  })

  test('with the same address asks it again; beyond its limit the message that it has stays good', async () => {
    const { account } = await registered(strict)
    for (let count = 0; count < 6; count += 1)
      expect((await strict.client().register(account)).status).toBe(200)

    const mails = await readMail(strict, account.email)

    expect(mails).toHaveLength(1)
    expect((await verify(strict, { token: mails[0]?.token })).status).toBe(200)
  })

  test('of ten repetitions at once, and a use of the old link with them, no more than one account comes out', async () => {
    const wrong = await registered(strict, wrongAddress())
    const right = { ...wrong.account, email: newAccount().email }

    const [used, ...answers] = await Promise.all([
      verify(strict, { token: wrong.token }),
      ...Array.from({ length: 9 }, () => strict.client().register(right)),
    ])

    for (const { status } of [used, ...answers]) expect([200, 400, 429, 503]).toContain(status)
    const rowsOf = (table: string) =>
      strict.database.sql(`SELECT 1 FROM ${table} WHERE lower(username) = lower($1)`, [right.username])
    const [accounts, waiting] = [await rowsOf('users'), await rowsOf('pending_registrations')]
    expect(accounts.length).toBeLessThan(2)
    // One that arrived as the old link was used may wait in vain: its own link will say that the name is taken.
    expect(waiting.length).toBeLessThan(2)
    expect(accounts.length + waiting.length).toBeGreaterThan(0)
  })

  test('repeated with an idempotency key gets the kept answer, and one registration is there', async () => {
    const wrong = await registered(strict, wrongAddress())
    const json = { ...wrong.account, email: newAccount().email }
    const headers = { 'idempotency-key': randomUUID() }
    const client = strict.client()

    expect((await client.send('/api/auth/register', { json, headers })).status).toBe(200)
    const again = await client.send('/api/auth/register', { json, headers })

    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await readMail(strict, json.email)).toHaveLength(1)
  })
})

describe('the message is sent again', () => {
  test('with the same answer for an address with something to verify, one without, and nobody’s', async () => {
    const open = await registered()
    const done = await registered()
    await verify(server, { token: done.token })
    const resend = (email: string) =>
      server.client().send('/api/auth/verify-email/resend', { json: { email } })

    const answers = [
      await resend(open.account.email),
      await resend(done.account.email),
      await resend('x@example.com'),
    ]

    for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body)
    const last = async (email: string) => (await readMail(server, email)).at(-1)?.template
    expect(await last(open.account.email)).toBe('verify_email')
    expect(await last(done.account.email)).toBe('account_exists')
    expect(await last('x@example.com')).toBeUndefined()
  })

  test('five times an hour to one address, beyond which the same answer sends nothing; 20 by one block', async () => {
    const own = await serverForThisTest(capturedMail)
    const { account } = await registered(own)
    const client = own.client()
    const resend = (email: string) => client.send('/api/auth/verify-email/resend', { json: { email } })
    for (let count = 0; count < 8; count += 1) expect((await resend(account.email)).status).toBe(200)

    expect(await readMail(own, account.email)).toHaveLength(6)
    for (let count = 8; count < 20; count += 1) await resend(`${count}@example.com`)
    expect(await resend(account.email)).toBeProblem(429, 'rate_limited')
    expect(await client.send('/api/auth/forgot-password', { json: { email: 'a@example.com' } })).toBeProblem(
      429,
      'rate_limited',
    )
  })
})
