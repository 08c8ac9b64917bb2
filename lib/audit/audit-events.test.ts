import { describe, expect, test } from 'vitest'
import { changeRoles } from '#lib/accounts/change-roles.ts'
import { cleanAccounts } from '#lib/accounts/clean-accounts.ts'
import { disableAccount, enableAccount } from '#lib/accounts/disable-account.ts'
import { findAccount } from '#lib/accounts/find-account.ts'
import { revokeAllSessions, revokeSessionsOf } from '#lib/session/revoke-sessions.ts'
import { rotateSigningKey } from '#lib/session/signing-keys.ts'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { auditEventNames } from './audit-event-names.ts'

const server = useServer()

interface Event {
  name: string
  actor: string
  session_id: string | null
  client_address: string | null
  request_id: string | null
  device: string | null
  details: Record<string, unknown>
}

function eventsOf(on: TestServer, userId: number): Promise<Event[]> {
  return on.database.sql<Event & Record<string, unknown>>(
    `SELECT name, actor, session_id, host(client_address) AS client_address, request_id, device, details
     FROM audit_events WHERE user_id = $1 ORDER BY id`,
    [userId],
  )
}

describe('what somebody does', () => {
  test('says who, what, in which session, from where, and with which request', async () => {
    const client = server.client({ address: '192.0.2.44' })
    const account = await signIn(client)
    const me = (await client.me()).body
    const requestId = 'the-request-of-this-test'
    await client.send('/api/auth/me', {
      method: 'PATCH',
      json: { username: `${account.username}.2` },
      headers: {
        'x-request-id': requestId,
        'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0',
      },
    })

    expect((await eventsOf(server, me.id)).at(-1)).toEqual({
      name: 'username_changed',
      actor: 'user',
      session_id: me.session.id,
      client_address: '192.0.2.44',
      request_id: requestId,
      device: 'Firefox on Windows',
      details: { from: account.username, to: `${account.username}.2` },
    })
  })

  test('is written with the change: of a refused one there is nothing', async () => {
    const client = server.client()
    const account = await signIn(client)
    const { id } = (await client.me()).body
    const before = await eventsOf(server, id)
    const other = await server.client().register()

    await client.send('/api/auth/me', { method: 'PATCH', json: { username: other.account.username } })
    await client.send('/api/auth/change-password', {
      json: { current_password: 'some other words', new_password: 'an entirely new ferry' },
    })
    await client.send('/api/auth/sessions/00000000-0000-7000-8000-000000000000', { method: 'DELETE' })
    await server.client().register(account)

    expect(await eventsOf(server, id)).toEqual(before)
  })

  test('in the life of a session has its names in their order', async () => {
    const client = server.client()
    const account = await signIn(client)
    const { id } = (await client.me()).body
    const second = server.client()
    await second.login(account)
    await second.logout()
    await server.client().login(account)
    await client.send('/api/auth/sessions', { method: 'DELETE' })
    await client.send('/api/auth/change-password', {
      json: { current_password: account.password, new_password: 'an entirely new ferry' },
    })
    await server.client().login(account)
    const stale = client.refreshToken ?? ''
    await client.refresh()
    await client.refresh()
    await server.database.sql(
      `UPDATE sessions SET superseded_at = array(SELECT one - interval '1 hour' FROM unnest(superseded_at) one)
       WHERE user_id = $1`,
      [id],
    )
    await server.client().refresh({ refreshToken: stale })

    expect((await eventsOf(server, id)).map(({ name }) => name)).toEqual([
      'account_registered',
      'signed_in',
      'signed_in',
      'signed_out',
      'signed_in',
      'other_sessions_ended',
      'password_changed',
      'sign_in_refused',
      'refresh_reuse',
    ])
  })

  test('a refused sign-in is written for an unknown account too, and without what was typed', async () => {
    const client = server.client({ address: '192.0.2.45' })
    await client.login({ email: 'a-word-typed-into-the-wrong-field', password: 'some other words' })

    const rows = await server.database.sql(
      `SELECT user_id, details FROM audit_events WHERE client_address = '192.0.2.45'`,
    )
    expect(rows).toEqual([{ user_id: null, details: {} }])
  })
})

test('what an operator does is written as theirs', async () => {
  const own = await serverForThisTest()
  const client = own.client()
  const account = await signIn(client)
  const found = await findAccount(own.runtime, account.email)
  await changeRoles(own.runtime, found, { add: ['STAFF'], remove: [] })
  await revokeSessionsOf(own.runtime, found)
  await disableAccount(own.runtime, found)
  await enableAccount(own.runtime, found)
  await client.login(account)
  await revokeAllSessions(own.runtime)
  await rotateSigningKey(own.runtime)

  const events = await eventsOf(own, found.id)
  expect(events.filter(({ actor }) => actor === 'operator').map(({ name }) => name)).toEqual([
    'roles_changed',
    'sessions_revoked',
    'account_disabled',
    'account_enabled',
    'sessions_revoked',
  ])
  const [key] = await own.database.sql(`SELECT actor FROM audit_events WHERE name = 'signing_key_rotated'`)
  expect(key).toEqual({ actor: 'operator' })
})

test('events are not changed, not even by hand, and go after AUDIT_HISTORY_DAYS', async () => {
  const own = await serverForThisTest({ AUDIT_HISTORY_DAYS: '30' })
  await signIn(own.client())
  await expect(own.database.sql(`UPDATE audit_events SET name = 'signed_out'`)).rejects.toThrow('not changed')
  await own.time.advance({ seconds: 29 * 86_400 })
  await cleanAccounts(own.runtime)
  expect(await own.database.sql('SELECT 1 FROM audit_events')).toHaveLength(2)

  await own.time.advance({ seconds: 86_401 })
  await cleanAccounts(own.runtime)

  expect(await own.database.sql('SELECT 1 FROM audit_events')).toEqual([])
})

test('every name that the tests have seen is one that is known', async () => {
  const rows = await server.database.sql<{ name: string }>('SELECT DISTINCT name FROM audit_events')
  for (const { name } of rows) expect(auditEventNames).toContain(name)
})
