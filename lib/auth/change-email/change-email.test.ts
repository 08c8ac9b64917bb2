import { describe, expect, test } from 'vitest'
import { findEmailChangeInWaiting } from '#db/queries/address-changes.ts'
import { findSignInCandidate } from '#db/queries/users.ts'
import { disableAccount, enableAccount } from '#lib/accounts/disable-account.ts'
import { normaliseIdentifier } from '#lib/auth/identifiers.ts'
import { linkKinds } from '#lib/links/link-lifetime.ts'
import { revokeSessionsOf } from '#lib/session/revoke-sessions.ts'
import type { ApiClient } from '#test/support/api-client.ts'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { describeEmailChange } from './change-email-by-link.ts'

const server = useServer(capturedMail)

const send = (client: ApiClient, path: string, json: object) => client.send(`/api/auth/${path}`, { json })
const newest = async (on: TestServer, address: string, template: string) =>
  (await readMail(on, address)).findLast((mail) => mail.template === template)

/** Somebody signed in, whose address is proven, and who waits for another one. */
async function changing({ on = server, isProven = true } = {}) {
  const client = on.client()
  const account = await signIn(client)
  const verification = await newest(on, account.email, 'verify_email')
  if (isProven) await send(on.client(), 'verify-email', { token: verification?.token })
  const to = newAccount().email
  const asked = await send(client, 'change-email', { new_email: to, password: account.password })
  const token = (await newest(on, to, 'email_change_confirm'))?.token ?? ''
  return { client, account, to, asked, token }
}

describe('another address', () => {
  test('is the account’s once its mailbox has confirmed, and not before', async () => {
    const { client, account, to, asked, token } = await changing()
    expect(asked.status).toBe(200)
    expect((await client.me()).body.email).toBe(account.email)

    expect((await send(server.client(), 'change-email/confirm', { token })).status).toBe(200)

    expect((await client.me()).body).toMatchObject({ email: to, email_verified: true })
    expect((await server.client().login({ ...account, email: to })).status).toBe(200)
    expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
  })

  test('of twenty confirmations at once one wins; looking at the page spends nothing', async () => {
    const { token, account, to } = await changing()
    const shown = { kind: 'open', from: account.email, to, username: account.username }
    for (let look = 0; look < 3; look += 1)
      expect(await describeEmailChange(server.runtime, 'change_email', token)).toEqual(shown)

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(server.client(), 'change-email/confirm', { token })),
    )

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('needs the password, and counts wrong ones', async () => {
    const client = server.client()
    await signIn(client)
    const wanted = { new_email: newAccount().email, password: 'some other words' }

    expect(await send(client, 'change-email', wanted)).toBeProblem(400, 'wrong_password')
    expect(await readMail(server, wanted.new_email)).toEqual([])
    for (let count = 0; count < 4; count += 1) await send(client, 'change-email', wanted)
    expect(await send(client, 'change-email', wanted)).toBeProblem(429, 'rate_limited')
  })

  test('that another account has is answered alike; its owner is told, and nobody can confirm', async () => {
    const { account: other } = await server.client().register()
    const client = server.client()
    const account = await signIn(client)

    const answer = await send(client, 'change-email', { new_email: other.email, password: account.password })

    const free = await changing()
    expect(answer.body).toEqual(free.asked.body)
    const templates = (await readMail(server, other.email)).map(({ template }) => template)
    expect(templates).toEqual(['verify_email', 'account_exists'])
  })

  test('that another account has is nowhere to be told from a free one by whoever asked for it', async () => {
    const { account: other } = await server.client().register()
    const client = server.client()
    const account = await signIn(client)
    const { id } = (await client.me()).body
    const of = { userId: id, lifetimeSeconds: linkKinds.change_email.lifetimeSeconds }
    const seen = []
    for (const wanted of [other.email, newAccount().email]) {
      await send(client, 'change-email', { new_email: wanted, password: account.password })
      await readMail(server, wanted)
      const { body } = await client.send('/api/auth/export')
      seen.push({
        waiting: (await findEmailChangeInWaiting(server.runtime.database, of)) === wanted,
        mails: body.mails.map(({ template }: { template: string }) => template),
        events: body.events.filter(({ name }: { name: string }) => name !== 'data_exported').length,
      })
    }

    expect(seen[0]).toMatchObject({ waiting: true, mails: ['verify_email'] })
    expect(seen[1]).toEqual({ ...seen[0], events: (seen[0]?.events ?? 0) + 1 })
  })

  test('is not asked for by a session that ended while the password was looked at', async () => {
    const own = await serverForThisTest(capturedMail)
    const client = own.client()
    const account = await signIn(client)
    await send(own.client(), 'forgot-password', { email: account.email })
    const reset = await newest(own, account.email, 'reset_password')
    const { passwords } = own.runtime
    const verifyNow = passwords.verify
    passwords.verify = async (...of) => {
      const verdict = await verifyNow(...of)
      passwords.verify = verifyNow
      const body = { token: reset?.token, new_password: 'an entirely new ferry' }
      expect((await send(own.client(), 'reset-password', body)).status).toBe(200)
      return verdict
    }
    const to = newAccount().email

    const answer = await send(client, 'change-email', { new_email: to, password: account.password })

    expect(answer).toBeProblem(401, 'session_ended')
    expect(await readMail(own, to)).toEqual([])
  })

  test('that somebody registers meanwhile stays theirs', async () => {
    const { token, to, client, account } = await changing()
    await server.client().register({ email: to })

    expect(await send(server.client(), 'change-email/confirm', { token })).toBeProblem(400, 'email_taken')
    expect((await client.me()).body.email).toBe(account.email)
  })

  test('that is the account’s own is refused', async () => {
    const client = server.client()
    const account = await signIn(client)
    const wanted = { new_email: account.email.toUpperCase(), password: account.password }

    expect(await send(client, 'change-email', wanted)).toBeProblem(422, 'invalid_request')
  })

  test('is not asked for any more once the change is cancelled, or another one replaces it', async () => {
    const { client, account, token } = await changing()
    const again = newAccount().email
    await send(client, 'change-email', { new_email: again, password: account.password })
    expect(await send(server.client(), 'change-email/confirm', { token })).toBeProblem(400, 'link_invalid')
    const second = await newest(server, again, 'email_change_confirm')

    expect((await client.send('/api/auth/change-email', { method: 'DELETE' })).status).toBe(200)

    const answer = await send(server.client(), 'change-email/confirm', { token: second?.token })
    expect(answer).toBeProblem(400, 'link_invalid')
  })
})

describe('a change that waits', () => {
  type Asked = Awaited<ReturnType<typeof changing>> & { own: TestServer; owner: ApiClient }
  const userOf = async ({ own, account }: Asked) => {
    const { candidate } = await findSignInCandidate(own.runtime.database, normaliseIdentifier(account.email))
    if (!candidate) throw new Error('there is no such account')
    return candidate
  }
  const end = ({ owner }: Asked, path: string) => owner.send(path, { method: 'DELETE', json: {} })
  const endings: [string, (asked: Asked) => Promise<unknown>][] = [
    [
      'ended by its owner elsewhere',
      async (asked) => end(asked, `/api/auth/sessions/${(await asked.client.me()).body.session.id}`),
    ],
    ['ended with all others', (asked) => end(asked, '/api/auth/sessions')],
    ['ended by an operator', async (asked) => revokeSessionsOf(asked.own.runtime, await userOf(asked))],
    [
      'ended as the account was disabled for a while',
      async (asked) => {
        const user = await userOf(asked)
        await disableAccount(asked.own.runtime, user)
        await enableAccount(asked.own.runtime, user)
      },
    ],
  ]

  test.each(endings)('is over when the session that asked for it was %s', async (_, ending) => {
    const own = await serverForThisTest(capturedMail)
    const asked = await changing({ on: own })
    const owner = own.client()
    await owner.login(asked.account)
    await ending({ ...asked, own, owner })

    const answer = await send(own.client(), 'change-email/confirm', { token: asked.token })

    expect(answer).toBeProblem(400, 'link_invalid')
    expect(await describeEmailChange(own.runtime, 'change_email', asked.token)).toEqual({
      kind: 'link_invalid',
    })
    const { lifetimeSeconds } = linkKinds.change_email
    const { id: userId } = await userOf({ ...asked, own, owner })
    expect(await findEmailChangeInWaiting(own.runtime.database, { userId, lifetimeSeconds })).toBeNull()
  })

  test('goes on when whoever asked for it signs out, or ends all other sessions', async () => {
    const left = await changing()
    await left.client.logout()
    expect((await send(server.client(), 'change-email/confirm', { token: left.token })).status).toBe(200)

    const alone = await changing()
    await alone.client.send('/api/auth/sessions', { method: 'DELETE', json: {} })
    expect((await send(server.client(), 'change-email/confirm', { token: alone.token })).status).toBe(200)
  })
})

describe('a change is undone from the old address', () => {
  test('within seven days: the address is back, every session ends, the password is void and a new one can be set', async () => {
    const { client, account, to, token } = await changing()
    await send(server.client(), 'change-email/confirm', { token })
    const undo = await newest(server, account.email, 'email_change_notice')
    expect(undo?.parameters['newEmail']).toBe(to)

    const answer = await send(server.client(), 'change-email/undo', { token: undo?.token })

    expect(answer.status).toBe(200)
    expect(await client.me()).toBeProblem(401, 'session_ended')
    for (const email of [account.email, to])
      expect(await server.client().login({ ...account, email })).toBeProblem(401, 'invalid_credentials')
    const reset = await newest(server, account.email, 'reset_password')
    const body = { token: reset?.token, new_password: 'an entirely new ferry' }
    expect((await send(server.client(), 'reset-password', body)).status).toBe(200)
    const login = await server.client().login({ ...account, password: body.new_password })
    expect(login.body.user.email).toBe(account.email)
  })

  test('also when somebody registered the address meanwhile and never proved it; one who did keeps it', async () => {
    const squatted = await changing()
    await send(server.client(), 'change-email/confirm', { token: squatted.token })
    const undo = await newest(server, squatted.account.email, 'email_change_notice')
    const squatter = server.client()
    const { email } = squatted.account
    expect((await squatter.register({ email })).status).toBe(200)

    expect((await send(server.client(), 'change-email/undo', { token: undo?.token })).status).toBe(200)
    const [row] = await server.database.sql<{ username: string }>(
      'SELECT username FROM users WHERE email = $1',
      [email],
    )
    expect(row?.username).toBe(squatted.account.username)

    const given = await changing()
    await send(server.client(), 'change-email/confirm', { token: given.token })
    const late = await newest(server, given.account.email, 'email_change_notice')
    await server.client().register({ email: given.account.email })
    const verification = await newest(server, given.account.email, 'verify_email')
    await send(server.client(), 'verify-email', { token: verification?.token })
    expect(await send(server.client(), 'change-email/undo', { token: late?.token })).toBeProblem(
      400,
      'email_taken',
    )
  })

  test('but not where the address has become that of an administrator: nobody administers less for it', async () => {
    const { account, token } = await changing()
    await send(server.client(), 'change-email/confirm', { token })
    const undo = await newest(server, account.email, 'email_change_notice')
    const administrator = server.client()
    await administrator.register({ email: account.email })
    await server.database.sql(
      'INSERT INTO user_roles (user_id, role_id) SELECT id, 2 FROM users WHERE email = $1',
      [account.email],
    )

    expect(await send(server.client(), 'change-email/undo', { token: undo?.token })).toBeProblem(
      400,
      'email_taken',
    )
    expect(await server.database.sql('SELECT 1 FROM users WHERE email = $1', [account.email])).toHaveLength(1)
  })

  test('also after a second change: the first owner has the way back', async () => {
    const { client, account, to, token } = await changing()
    await send(server.client(), 'change-email/confirm', { token })
    const undo = await newest(server, account.email, 'email_change_notice')
    const third = newAccount().email
    await send(client, 'change-email', { new_email: third, password: account.password })
    const confirm = await newest(server, third, 'email_change_confirm')
    await send(server.client(), 'change-email/confirm', { token: confirm?.token })
    const second = await newest(server, to, 'email_change_notice')

    expect((await send(server.client(), 'change-email/undo', { token: undo?.token })).status).toBe(200)

    expect(await send(server.client(), 'change-email/undo', { token: second?.token })).toBeProblem(
      400,
      'link_invalid',
    )
  })

  test('not later, and never by the mailbox of an address that was not proven', async () => {
    const own = await serverForThisTest(capturedMail)
    const { account, token } = await changing({ on: own })
    await send(own.client(), 'change-email/confirm', { token })
    const undo = await newest(own, account.email, 'email_change_notice')
    await own.time.advance({ seconds: 7 * 86_400 + 1 })
    expect(await send(own.client(), 'change-email/undo', { token: undo?.token })).toBeProblem(
      400,
      'link_expired',
    )

    const unproven = await changing({ on: own, isProven: false })
    await send(own.client(), 'change-email/confirm', { token: unproven.token })
    expect(await newest(own, unproven.account.email, 'email_change_notice')).toBeUndefined()
  })
})
