import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { caughtUp } from '#test/support/caught-up.ts'
import { serverBeside, serverForThisTest, type TestServer, testAppUrl } from '#test/support/harness.ts'
import { watchDatabase } from '#test/support/observations.ts'

/** Two processes on one database, and a client that is signed in and known to both. */
async function twoServers(transport: 'bearer' | 'cookie' = 'bearer') {
  const here = await serverForThisTest()
  const there = await serverBeside(here)
  const client = here.client()
  const account = await signIn(client, transport)
  const me = (await client.me()).body
  const elsewhere = clientOf(there, client)
  expect((await elsewhere.me()).status).toBe(200)
  return { here, there, client, elsewhere, account, userId: me.id, sessionId: me.session.id }
}

/** The same browser or app, talking to another process. */
function clientOf(server: TestServer, client: ApiClient): ApiClient {
  const same = server.client()
  same.accessToken = client.accessToken
  same.refreshToken = client.refreshToken
  for (const [name, value] of client.cookies) same.cookies.set(name, value)
  return same
}

/** Changes a row so that no process hears of it. */
async function unannounced(
  { database }: TestServer,
  statement: string,
  values: unknown[],
  meanwhile = async () => {},
): Promise<void> {
  await database.sql('ALTER TABLE sessions DISABLE TRIGGER announce_update')
  await database.sql(statement, values)
  await meanwhile()
  await database.sql('ALTER TABLE sessions ENABLE ALWAYS TRIGGER announce_update')
}

const json = (body: unknown) => ({ json: body, headers: { origin: testAppUrl } })

describe('from memory', () => {
  test('two thousand signed-in requests cost no statement, in both transports', async () => {
    for (const transport of ['bearer', 'cookie'] as const) {
      const { there, elsewhere } = await twoServers(transport)
      const watched = watchDatabase(there.runtime)
      for (let request = 0; request < 1000; request += 1) {
        expect((await elsewhere.me()).status).toBe(200)
        // As between two requests from the network: a beat may go out and come back.
        await new Promise(setImmediate)
      }
      expect(watched.names).toEqual([])
    }
  })

  test('what changes about a user is seen at the next request', async () => {
    const { here, there, elsewhere, userId } = await twoServers()
    await here.database.sql(`UPDATE users SET email = 'new@example.com', username = 'new' WHERE id = $1`, [
      userId,
    ])
    await here.database.sql('INSERT INTO user_roles (user_id, role_id) VALUES ($1, 1)', [userId])
    await caughtUp(there.runtime)
    expect((await elsewhere.me()).body).toMatchObject({
      email: 'new@example.com',
      username: 'new',
      roles: ['STAFF', 'USER'],
    })
    await here.database.sql(`UPDATE roles SET name = 'CREW' WHERE id = 1`)
    await caughtUp(there.runtime)
    expect((await elsewhere.me()).body.roles).toEqual(['CREW', 'USER'])
  })

  test('a snapshot in use is read again in the background before it is five minutes old', async () => {
    const { there, elsewhere } = await twoServers()
    const reads = async () => {
      const watched = watchDatabase(there.runtime)
      await caughtUp(there.runtime)
      expect((await elsewhere.me()).status).toBe(200)
      await expect.poll(() => there.runtime.changeFeed?.isProven()).toBe(true)
      return watched.names
    }
    expect(await reads()).toEqual([])
    await there.time.advance({ seconds: 250 })
    expect(await reads()).toEqual(['read_session_snapshots'])
    expect(await reads()).toEqual([])
  })
})

type Two = Awaited<ReturnType<typeof twoServers>>
const endings: [string, string, (two: Two) => Promise<unknown>][] = [
  ['signing out', 'signed_out', ({ client }) => client.logout()],
  [
    'ending it among the sessions',
    'signed_out',
    ({ client, sessionId }) =>
      client.send(`/api/auth/sessions/${sessionId}`, { method: 'DELETE', headers: { origin: testAppUrl } }),
  ],
  [
    'ending all others from another device',
    'revoked_by_user',
    async ({ here, account }) => {
      const device = here.client()
      await device.login(account)
      await device.send('/api/auth/sessions', { method: 'DELETE' })
    },
  ],
  [
    'a changed password',
    'password_changed',
    async ({ here, account }) => {
      const device = here.client()
      await device.login(account)
      await device.send(
        '/api/auth/change-password',
        json({ current_password: account.password, new_password: 'another slow ferry' }),
      )
    },
  ],
  [
    'an update typed by hand',
    'unknown',
    ({ here, sessionId }) =>
      here.database.sql('UPDATE sessions SET ended_at = now() WHERE id = $1', [sessionId]),
  ],
  [
    'a shorter end typed by hand',
    'expired',
    ({ here, sessionId }) =>
      here.database.sql('UPDATE sessions SET expires_at = now() WHERE id = $1', [sessionId]),
  ],
  [
    'a deleted row',
    'unknown',
    ({ here, sessionId }) => here.database.sql('DELETE FROM sessions WHERE id = $1', [sessionId]),
  ],
  [
    'a disabled account',
    'user_disabled',
    ({ here, userId }) => here.database.sql('UPDATE users SET disabled_at = now() WHERE id = $1', [userId]),
  ],
  [
    'an account marked as deleted',
    'user_deleted',
    ({ here, userId }) => here.database.sql('UPDATE users SET deleted_at = now() WHERE id = $1', [userId]),
  ],
  [
    'a removed account',
    'unknown',
    ({ here, userId }) => here.database.sql('DELETE FROM users WHERE id = $1', [userId]),
  ],
  ['an emptied table', 'unknown', ({ here }) => here.database.sql('TRUNCATE sessions')],
  [
    'an update that replication applies',
    'unknown',
    ({ here, sessionId }) =>
      here.database.sql(
        `SET session_replication_role = replica; UPDATE sessions SET ended_at = now() WHERE id = '${sessionId}'`,
      ),
  ],
]

describe('what is over is refused by every process', () => {
  test.each(endings)('%s: 401 %s, here at once and there when the feed has it', async (_, reason, end) => {
    for (const transport of ['bearer', 'cookie'] as const) {
      const two = await twoServers(transport)
      await end(two)
      const here = await clientOf(two.here, two.elsewhere).me()
      await caughtUp(two.there.runtime)
      for (const answer of [here, await two.elsewhere.me()]) {
        expect(answer).toBeProblem(401, 'session_ended')
        expect(answer.body.ended_reason).toBe(reason)
      }
    }
  })

  test('an account that is enabled again is let in at once', async () => {
    const { here, there, elsewhere, userId } = await twoServers()
    await here.database.sql('UPDATE users SET disabled_at = now() WHERE id = $1', [userId])
    await caughtUp(there.runtime)
    expect((await elsewhere.me()).body.ended_reason).toBe('user_disabled')
    await here.database.sql('UPDATE users SET disabled_at = NULL WHERE id = $1', [userId])
    await caughtUp(there.runtime)
    expect((await elsewhere.me()).status).toBe(200)
  })

  test('a client that goes on trying costs one read', async () => {
    const { there, client, elsewhere } = await twoServers()
    await client.logout()
    await caughtUp(there.runtime)
    const watched = watchDatabase(there.runtime)
    for (let request = 0; request < 20; request += 1)
      expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
    expect(watched.names).toEqual(['read_session_snapshots'])
  })
})

describe('without proof nobody is believed', () => {
  test.each([
    ['a trigger is switched off', 'ALTER TABLE sessions DISABLE TRIGGER announce_update'],
    ['a trigger is gone', 'DROP TRIGGER announce_update ON sessions'],
    [
      'the function behind the triggers says nothing',
      `CREATE OR REPLACE FUNCTION announce_change(payload text) RETURNS void LANGUAGE sql AS ''`,
    ],
  ])('%s: once it is noticed, each check reads the database', async (_, damage) => {
    const { here, there, elsewhere, sessionId } = await twoServers()
    await here.database.sql(damage)
    await there.runtime.changeFeed?.inspect()
    expect(there.runtime.changeFeed?.isProven()).toBe(false)
    expect((await elsewhere.me()).status).toBe(200)
    await here.database.sql('UPDATE sessions SET ended_at = now() WHERE id = $1', [sessionId])
    expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
    expect(there.logs).toContainEqual(expect.objectContaining({ event: 'change_feed_damaged' }))
  })

  test('once the triggers are mended, nothing of before is believed', async () => {
    const { here, there, elsewhere, sessionId } = await twoServers()
    await unannounced(here, 'UPDATE sessions SET ended_at = now() WHERE id = $1', [sessionId], async () => {
      await there.runtime.changeFeed?.inspect()
    })
    await there.runtime.changeFeed?.inspect()
    await expect.poll(() => there.runtime.changeFeed?.isProven()).toBe(true)

    expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
  })

  test('what nobody announced is found when the snapshot is renewed, and does not come back', async () => {
    const { here, there, elsewhere, sessionId } = await twoServers()
    await unannounced(here, 'UPDATE sessions SET ended_at = now() WHERE id = $1', [sessionId])
    await there.time.advance({ seconds: 250 })
    await caughtUp(there.runtime)
    const watched = watchDatabase(there.runtime)
    expect((await elsewhere.me()).status).toBe(200)
    await expect.poll(() => watched.names).toEqual(['read_session_snapshots'])
    await expect.poll(async () => (await elsewhere.me()).status).toBe(401)

    await here.client().register()
    await caughtUp(there.runtime)

    expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
  })

  test('after five minutes no snapshot answers, renewed or not', async () => {
    const { here, there, elsewhere, sessionId } = await twoServers()
    await unannounced(here, 'UPDATE sessions SET ended_at = now() WHERE id = $1', [sessionId])
    await there.time.advance({ seconds: 301 })
    await caughtUp(there.runtime)

    expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
  })

  test('a sign-out that is repeated elsewhere, its answer lost, is refused before it is answered', async () => {
    const { here, elsewhere, sessionId } = await twoServers()
    await unannounced(
      here,
      `UPDATE sessions SET ended_at = now(), ended_reason = 'signed_out' WHERE id = $1`,
      [sessionId],
    )
    expect((await elsewhere.me()).status).toBe(200)
    const { accessToken } = elsewhere
    expect((await elsewhere.logout()).status).toBe(200)
    elsewhere.accessToken = accessToken

    expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
  })

  test('a beat that came back too long ago proves nothing; the next one does, and memory is still right', async () => {
    const { there, elsewhere } = await twoServers()
    const watched = watchDatabase(there.runtime)
    const reads = () => watched.names.filter((name) => name === 'read_session_snapshots').length
    const { database } = there.runtime
    const { run } = database
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    database.run = async (query) => {
      if (query.name === 'beat') await opened
      return run(query)
    }
    await there.time.advance({ seconds: 2.1 })
    expect((await elsewhere.me()).status).toBe(200)
    expect(reads()).toBe(1)
    open()
    await caughtUp(there.runtime)
    expect((await elsewhere.me()).status).toBe(200)
    expect(reads()).toBe(1)
  })

  test('a lost connection forgets everything, and another one is made', async () => {
    const { here, there, elsewhere, sessionId } = await twoServers()
    await here.database.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'session-management change feed'`,
    )
    await expect.poll(() => there.logs.map(({ event }) => event)).toContain('change_feed_lost')
    await here.database.sql('UPDATE sessions SET ended_at = now() WHERE id = $1', [sessionId])
    expect(await elsewhere.me()).toBeProblem(401, 'session_ended')
    await expect.poll(() => there.runtime.changeFeed?.isProven(), { timeout: 5000 }).toBe(true)
  })
})

test('with LIVE_VIEW=off each check reads the database, and nobody listens', async () => {
  const own = await serverForThisTest({ LIVE_VIEW: 'off' })
  const client = own.client()
  await signIn(client)
  const watched = watchDatabase(own.runtime)
  for (let request = 0; request < 3; request += 1) expect((await client.me()).status).toBe(200)
  expect(watched.names).toEqual(Array(3).fill('read_session_snapshots'))
  const [listening] = await own.database.sql<{ count: number }>(
    `SELECT count(*)::integer FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'session-management change feed'`,
  )
  expect(listening?.count).toBe(0)
})

test('the metrics tell how the live view does', async () => {
  const { there, elsewhere, client } = await twoServers()
  await elsewhere.me()
  await client.logout()
  await caughtUp(there.runtime)
  const text = await there.runtime.metrics.expose()
  expect(text).toMatch(/^live_view_proven 1$/m)
  expect(text).toMatch(/^live_view_hits_total 1$/m)
  expect(text).toMatch(/^live_view_loads_total 1$/m)
  expect(text).toMatch(/^live_view_fallbacks_total 0$/m)
  expect(text).toMatch(/^live_view_lag_seconds 0\.\d+$/m)
  expect(Number(/^live_view_changes_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
})
