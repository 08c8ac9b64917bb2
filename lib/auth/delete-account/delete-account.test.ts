import { describe, expect, test } from 'vitest'
import { cleanAccounts } from '#lib/accounts/clean-accounts.ts'
import type { ApiClient } from '#test/support/api-client.ts'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'

const server = useServer(capturedMail)
const day = 86_400

const remove = (client: ApiClient, body?: object) =>
  client.send('/api/auth/me', { method: 'DELETE', ...(body && { json: body }) })

describe('an account that its owner deletes', () => {
  test('ends every session, tells its owner, and keeps the address and the name taken', async () => {
    const client = server.client()
    const account = await signIn(client)
    const other = server.client()
    await other.login(account)

    expect((await remove(client, { password: account.password })).status).toBe(200)

    for (const one of [client, other]) expect((await one.me()).body.ended_reason).toBe('user_deleted')
    expect((await readMail(server, account.email)).at(-1)?.template).toBe('account_deleted')
    expect(await server.client().register(account)).toBeProblem(400, 'email_taken')
  })

  test('is back with the next sign-in within 14 days, and a wrong password does not bring it back', async () => {
    const own = await serverForThisTest(capturedMail)
    const client = own.client()
    const account = await signIn(client)
    const before = await client.me()
    await remove(client, { password: account.password })
    await own.time.advance({ seconds: 14 * day - 60 })
    await cleanAccounts(own.runtime)
    expect(await own.client().login({ ...account, password: 'some other words' })).toBeProblem(
      401,
      'invalid_credentials',
    )

    const back = await client.login(account)

    expect(back.status).toBe(200)
    expect(back.body.user.id).toBe(before.body.id)
    expect((await client.me()).status).toBe(200)
    await own.time.advance({ seconds: day })
    await cleanAccounts(own.runtime)
    expect((await own.client().login(account)).status).toBe(200)
  })

  test('is removed after 14 days with every row about it; its address may be registered again', async () => {
    const own = await serverForThisTest(capturedMail)
    const client = own.client()
    const account = await signIn(client)
    const { id } = (await client.me()).body
    await remove(client, { password: account.password })
    await own.time.advance({ seconds: 14 * day + 1 })
    expect(await own.client().login(account)).toBeProblem(401, 'invalid_credentials')

    await cleanAccounts(own.runtime)

    for (const table of [
      'sessions',
      'mail_messages',
      'one_time_links',
      'audit_events',
      'password_credentials',
    ])
      expect(await own.database.sql(`SELECT 1 FROM ${table} WHERE user_id = $1`, [id]), table).toEqual([])
    const [event] = await own.database.sql(
      `SELECT actor, details FROM audit_events WHERE name = 'account_erased'`,
    )
    expect(event).toEqual({ actor: 'system', details: { user_id: id } })
    expect((await own.client().register(account)).status).toBe(200)
  })

  test('leaves no row with its address, not even of messages that were asked for while nobody had it', async () => {
    const own = await serverForThisTest(capturedMail)
    const account = newAccount()
    const forgot = () => own.client().send('/api/auth/forgot-password', { json: { email: account.email } })
    await forgot()
    await readMail(own, account.email)
    const client = own.client()
    await client.register(account)
    await client.login(account)
    await remove(client, { password: account.password })
    await own.time.advance({ seconds: 14 * day + 1 })
    await forgot()
    await readMail(own, account.email)

    await cleanAccounts(own.runtime)

    const tables = await own.database.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    )
    for (const { name } of tables) {
      const rows = await own.database.sql(`SELECT 1 FROM "${name}" t WHERE strpos(lower(t::text), $1) > 0`, [
        account.email,
      ])
      expect(rows, name).toEqual([])
    }
  })

  test('that an operator deleted is not brought back by a sign-in', async () => {
    const client = server.client()
    const account = await signIn(client)
    await server.database.sql('UPDATE users SET deleted_at = now() WHERE email = $1', [account.email])

    expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
  })

  test('of ten sign-ins at once each is let in, and it is restored once', async () => {
    const client = server.client()
    const account = await signIn(client)
    const { id } = (await client.me()).body
    await remove(client, { password: account.password })

    const answers = await Promise.all(Array.from({ length: 10 }, () => server.client().login(account)))

    const signedIn = answers.filter(({ status }) => status === 200).length
    expect(signedIn).toBeGreaterThan(0)
    const [row] = await server.database.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM audit_events WHERE user_id = $1 AND name = 'account_restored'`,
      [id],
    )
    expect(row?.count).toBe(1)
  })
})

describe('a deletion', () => {
  test('is not done by a session that ended while the password was looked at', async () => {
    const own = await serverForThisTest(capturedMail)
    const client = own.client()
    const account = await signIn(client)
    await own.client().send('/api/auth/forgot-password', { json: { email: account.email } })
    const reset = (await readMail(own, account.email)).at(-1)
    const json = { token: reset?.token, new_password: 'an entirely new ferry' }
    const { passwords } = own.runtime
    const verifyNow = passwords.verify
    passwords.verify = async (...of) => {
      const verdict = await verifyNow(...of)
      passwords.verify = verifyNow
      expect((await own.client().send('/api/auth/reset-password', { json })).status).toBe(200)
      return verdict
    }

    const answer = await remove(client, { password: account.password })

    expect(answer).toBeProblem(401, 'session_ended')
    expect(answer.body.ended_reason).toBe('password_reset')
    expect((await readMail(own, account.email)).map(({ template }) => template)).not.toContain(
      'account_deleted',
    )
  })

  test('needs the right password', async () => {
    const client = server.client()
    await signIn(client)

    expect(await remove(client, { password: 'some other words' })).toBeProblem(400, 'wrong_password')
    expect((await client.me()).status).toBe(200)
  })

  test('without one a sign-in of the last ten minutes', async () => {
    const own = await serverForThisTest()
    const stale = own.client()
    const account = await signIn(stale)
    await own.time.advance({ seconds: 601 })
    await stale.refresh()

    expect(await remove(stale)).toBeProblem(403, 'reauthentication_required')
    const fresh = own.client()
    await fresh.login(account)
    expect((await remove(fresh)).status).toBe(200)
  })

  test('with a cookie takes it away, and is refused from a foreign page', async () => {
    const client = server.client()
    const account = await signIn(client, 'cookie')
    const sent = { method: 'DELETE', json: { password: account.password } }
    const foreign = await client.send('/api/auth/me', {
      ...sent,
      headers: { origin: 'https://evil.example' },
    })
    expect(foreign).toBeProblem(403, 'origin_refused')

    const answer = await client.send('/api/auth/me', {
      ...sent,
      headers: { origin: 'http://localhost:8000' },
    })

    expect(answer.status).toBe(200)
    expect(client.cookies.has('session_8000')).toBe(false)
  })
})
