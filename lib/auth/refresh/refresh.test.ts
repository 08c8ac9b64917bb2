import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, testAppUrl, useServer } from '#test/support/harness.ts'
import { stopDatabaseTime, watchDatabase } from '#test/support/observations.ts'

const server = useServer()
const cookieName = 'session_8000'

function sessionIdOf({ refreshToken }: ApiClient): string {
  return refreshToken?.split('.')[0] ?? ''
}

function generationOf(refreshToken: string | null): number {
  return Number(refreshToken?.split('.')[1])
}

async function rowOf(sessionId: string, { database }: TestServer = server) {
  const [row] = await database.sql<{ generation: number; superseded: number; ended_reason: string | null }>(
    `SELECT generation, cardinality(superseded_at) AS superseded, ended_reason FROM sessions WHERE id = $1`,
    [sessionId],
  )
  return row
}

async function signedIn(own: TestServer = server, transport: 'bearer' | 'cookie' = 'bearer') {
  const client = own.client()
  const account = await signIn(client, transport)
  return { client, account, first: client.refreshToken ?? '' }
}

describe('a refresh token is rotated', () => {
  test('the answer has the shape of a sign-in, with a fresh access token and the next generation', async () => {
    const { client, account, first } = await signedIn()

    const answer = await client.refresh()

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 600,
      user: expect.objectContaining({ email: account.email, roles: ['USER'] }),
    })
    expect(generationOf(first)).toBe(1)
    expect(generationOf(client.refreshToken)).toBe(2)
    expect((await client.me()).status).toBe(200)
    expect(await rowOf(sessionIdOf(client))).toMatchObject({ generation: 2, superseded: 1 })
  })

  test('it is one round trip to the database', async () => {
    const { client } = await signedIn()
    const own = watchDatabase(server.runtime)

    await client.refresh()

    expect(own.names).toEqual(['rotate_refresh_generation'])
  })

  test('twenty parallel refreshes of one token all get the same successor, and the row takes one step', async () => {
    const { client, first } = await signedIn()

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.refresh({ refreshToken: first })),
    )

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1)
    expect(await rowOf(sessionIdOf(client))).toMatchObject({
      generation: 2,
      superseded: 1,
      ended_reason: null,
    })
    for (const { body } of answers) {
      client.accessToken = body.access_token
      expect((await client.me()).status).toBe(200)
    }
  })

  test('roles are read at every refresh', async () => {
    const { client, account } = await signedIn()
    await server.database.sql(
      'INSERT INTO user_roles (user_id, role_id) SELECT id, 2 FROM users WHERE email = $1',
      [account.email],
    )

    const { body } = await client.refresh()

    expect(body.user.roles).toEqual(['ADMIN', 'USER'])
    const [, payload = ''] = body.access_token.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).roles).toEqual(['ADMIN', 'USER'])
  })

  test('it moves the idle end of the session, never past its absolute end', async () => {
    const own = await serverForThisTest({ REFRESH_TOKEN_EXPIRE_DAYS: '1', SESSION_ABSOLUTE_DAYS: '2' })
    const { client } = await signedIn(own)
    for (const hours of [23, 23]) {
      await own.time.advance({ seconds: hours * 3600 })
      expect((await client.refresh()).status).toBe(200)
    }
    await own.time.advance({ seconds: 2 * 3600 + 1 })

    const late = await client.refresh()

    expect(late).toBeProblem(401, 'session_ended')
    expect(late.body.ended_reason).toBe('expired')
  })

  test('a session that was not used for REFRESH_TOKEN_EXPIRE_DAYS is over, and a minute late is not late', async () => {
    const own = await serverForThisTest({ REFRESH_TOKEN_EXPIRE_DAYS: '1' })
    const { client } = await signedIn(own)
    await own.time.advance({ seconds: 86_400 + 30 })
    expect((await client.refresh()).status).toBe(200)
    await own.time.advance({ seconds: 86_400 + 61 })

    const late = await client.refresh()

    expect(late).toBeProblem(401, 'session_ended')
    expect(late.body.ended_reason).toBe('idle')
  })

  test('its updates are heap-only: no index of sessions grows with refreshes', async () => {
    const own = await serverForThisTest()
    const { client } = await signedIn(own)
    const before = await updatesOfSessions(own, 0)
    for (let round = 0; round < 10; round++) await client.refresh()

    const after = await updatesOfSessions(own, before.updated + 10)

    expect(after.updated - before.updated).toBe(10)
    expect(after.heapOnly - before.heapOnly).toBe(10)
  })

  /** The statistics of the table, once they count at least so many updates. Each connection reports its own. */
  async function updatesOfSessions({ database, runtime }: TestServer, atLeast: number) {
    const read = async () => {
      const flush = { name: '', text: 'SELECT pg_stat_force_next_flush()', values: [] }
      await Promise.all(Array.from({ length: 10 }, () => runtime.database.run(flush)))
      const [row] = await database.sql<{ updated: number; heapOnly: number }>(
        `SELECT n_tup_upd::int AS updated, n_tup_hot_upd::int AS "heapOnly"
         FROM pg_stat_user_tables WHERE relname = 'sessions'`,
      )
      return row ?? { updated: 0, heapOnly: 0 }
    }
    await expect.poll(async () => (await read()).updated, { timeout: 5000 }).toBeGreaterThanOrEqual(atLeast)
    return read()
  }
})

describe('a token that comes again', () => {
  test('within ten seconds the last four generations get the current token, and nothing changes', async () => {
    const own = await serverForThisTest()
    const { client, first } = await signedIn(own)
    const generations = [first]
    for (let round = 0; round < 4; round++) {
      await client.refresh()
      generations.push(client.refreshToken ?? '')
    }
    const current = client.refreshToken
    await own.time.advance({ seconds: 8 })

    for (const refreshToken of generations.slice(0, 4)) {
      const again = await own.client().refresh({ refreshToken })
      expect(again.status).toBe(200)
      expect(again.body.refresh_token).toBe(current)
    }
    expect(await rowOf(sessionIdOf(client), own)).toMatchObject({ generation: 5, superseded: 4 })
  })

  test('the last generation still gets the current token 300 seconds on, and that is logged', async () => {
    const own = await serverForThisTest()
    const { client, first } = await signedIn(own)
    await client.refresh()
    const current = client.refreshToken
    await own.time.advance({ seconds: 295 })

    const again = await own.client().refresh({ refreshToken: first })

    expect(again.status).toBe(200)
    expect(again.body.refresh_token).toBe(current)
    expect(own.logs.map(({ event }) => event)).toContain('refresh_recovered')
    expect(await rowOf(sessionIdOf(client), own)).toMatchObject({ generation: 2, ended_reason: null })
  })

  test('after 300 seconds it is a reuse: 401, the session is over, and every credential of it is told why', async () => {
    const own = await serverForThisTest()
    const { client, first } = await signedIn(own)
    await client.refresh()
    await own.time.advance({ seconds: 301 })

    const replay = await own.client().refresh({ refreshToken: first })

    for (const answer of [replay, await client.refresh(), await client.me()]) {
      expect(answer).toBeProblem(401, 'session_ended')
      expect(answer.body.ended_reason).toBe('refresh_reuse')
    }
    expect(own.logs.map(({ event }) => event)).toContain('refresh_reuse')
  })

  test('with REFRESH_LOST_ANSWER_SECONDS=0 the last generation is a reuse as soon as its ten seconds are over', async () => {
    const own = await serverForThisTest({ REFRESH_LOST_ANSWER_SECONDS: '0' })
    const { client, first } = await signedIn(own)
    await client.refresh()
    await own.time.advance({ seconds: 8 })
    expect((await own.client().refresh({ refreshToken: first })).status).toBe(200)
    await own.time.advance({ seconds: 3 })

    const replay = await own.client().refresh({ refreshToken: first })

    expect(replay).toBeProblem(401, 'session_ended')
    expect(replay.body.ended_reason).toBe('refresh_reuse')
  })

  test('two generations old and past its ten seconds it is a reuse', async () => {
    const own = await serverForThisTest()
    const { client, first } = await signedIn(own)
    await client.refresh()
    await client.refresh()
    await own.time.advance({ seconds: 11 })

    const replay = await own.client().refresh({ refreshToken: first })

    expect(replay).toBeProblem(401, 'session_ended')
    expect(replay.body.ended_reason).toBe('refresh_reuse')
    const me = await client.me()
    expect(me).toBeProblem(401, 'session_ended')
    expect(me.body.ended_reason).toBe('refresh_reuse')
  })

  test('five generations old it is a reuse at any time', async () => {
    const { client, first } = await signedIn()
    for (let round = 0; round < 5; round++) await client.refresh()

    const replay = await server.client().refresh({ refreshToken: first })

    expect(replay).toBeProblem(401, 'session_ended')
    expect(await rowOf(sessionIdOf(client))).toMatchObject({ ended_reason: 'refresh_reuse' })
  })

  test('a reuse ends that session only', async () => {
    const { client, account, first } = await signedIn()
    const elsewhere = server.client()
    await elsewhere.login(account)
    for (let round = 0; round < 5; round++) await client.refresh()

    await server.client().refresh({ refreshToken: first })

    expect((await elsewhere.me()).status).toBe(200)
    expect((await elsewhere.refresh()).status).toBe(200)
  })

  test('newer than the row the database lost time: it is accepted, counted on from, logged, and never a reuse', async () => {
    const { client } = await signedIn()
    for (let round = 0; round < 5; round++) await client.refresh()
    const [behind, newest] = [client.refreshToken, (await client.refresh()).body.refresh_token]
    await server.database.sql(
      "UPDATE sessions SET generation = 2, superseded_at = ARRAY[app_now() - interval '1 hour'] WHERE id = $1",
      [sessionIdOf(client)],
    )

    const answer = await client.refresh({ refreshToken: newest })

    expect(answer.status).toBe(200)
    expect(generationOf(answer.body.refresh_token)).toBe(generationOf(newest) + 1)
    const events = server.logs.filter(({ session_id }) => session_id === sessionIdOf(client))
    expect(events.map(({ event }) => event)).toContain('refresh_ahead')
    expect(events.map(({ event }) => event)).not.toContain('refresh_reuse')
    // Another tab of the same browser may come with what it had.
    expect((await server.client().refresh({ refreshToken: behind ?? '' })).body.refresh_token).toBe(
      answer.body.refresh_token,
    )
  })
})

describe('a token that is none', () => {
  test('a forged, altered, cut or foreign token is 401 invalid_refresh_token, without a query', async () => {
    const { client, first } = await signedIn()
    const { client: other } = await signedIn()
    const [sessionId = '', generation = '', root = '', mac = ''] = first.split('.')
    const foreignMac = other.refreshToken?.split('.')[3]
    const lastLetter = mac.endsWith('A') ? 'B' : 'A'
    const forged = [
      '',
      'x',
      `${sessionId}.2.${root}.${mac}`,
      `${sessionId}.0${generation}.${root}.${mac}`,
      `${sessionId}.${generation}.${(Number(root) + 1) % 256}.${mac}`,
      `${sessionId}.${generation}.${root}.${foreignMac}`,
      `${sessionId}.${generation}.${root}.${mac.slice(0, -1)}`,
      `${sessionId}.${generation}.${root}.${mac.slice(0, -1)}${lastLetter}`,
      `${sessionId.toUpperCase()}.${generation}.${root}.${mac}`,
      ` ${first}`,
      `${first}\n`,
      `${first}.`,
      client.accessToken ?? '',
    ]
    const watched = watchDatabase(server.runtime)
    for (const refreshToken of forged) {
      const answer = await server.client().refresh({ refreshToken })
      expect(answer, refreshToken).toBeProblem(401, 'invalid_refresh_token')
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="localhost:8000"')
    }
    expect(watched.names).toEqual([])
    expect((await client.refresh()).status).toBe(200)
  })

  test('without any token it is 401, and a body of the wrong shape is 422', async () => {
    const client = server.client()
    expect(await client.send('/api/auth/refresh', { method: 'POST' })).toBeProblem(
      401,
      'invalid_refresh_token',
    )
    expect(await client.send('/api/auth/refresh', { json: {} })).toBeProblem(401, 'invalid_refresh_token')
    const long = await client.send('/api/auth/refresh', { json: { refresh_token: 'x'.repeat(4097) } })
    expect(long).toBeProblem(401, 'invalid_refresh_token')
    for (const json of [{ refresh_token: 1 }, [], 'text', null]) {
      expect(await client.send('/api/auth/refresh', { json })).toBeProblem(422, 'invalid_request')
    }
  })

  test('an access token, also a valid one, refreshes nothing', async () => {
    const { client } = await signedIn()
    client.refreshToken = null

    expect(await client.send('/api/auth/refresh', { json: {} })).toBeProblem(401, 'invalid_refresh_token')
  })

  test('an expired access token beside it does no harm', async () => {
    const own = await serverForThisTest()
    const { client } = await signedIn(own)
    await own.time.advance({ seconds: 3600 })
    expect(await client.me()).toBeProblem(401, 'token_expired')

    expect((await client.refresh()).status).toBe(200)
    expect((await client.me()).status).toBe(200)
  })

  test('the token of a session whose row is gone is 401 session_ended', async () => {
    const { client } = await signedIn()
    await server.database.sql('DELETE FROM sessions WHERE id = $1', [sessionIdOf(client)])

    const answer = await client.refresh()

    expect(answer).toBeProblem(401, 'session_ended')
    expect(answer.body.ended_reason).toBe('unknown')
  })
})

describe('a session that is over is not refreshed', () => {
  const endings: [string, string, string][] = [
    [
      'signed out',
      "UPDATE sessions SET ended_at = app_now(), ended_reason = 'signed_out' WHERE id = $1",
      'signed_out',
    ],
    [
      'its user disabled',
      'UPDATE users SET disabled_at = app_now() WHERE id = (SELECT user_id FROM sessions WHERE id = $1)',
      'user_disabled',
    ],
    [
      'its user deleted',
      'UPDATE users SET deleted_at = app_now() WHERE id = (SELECT user_id FROM sessions WHERE id = $1)',
      'user_deleted',
    ],
    [
      'its epoch over, for a reason that was noted',
      `WITH u AS (UPDATE users SET session_epoch = session_epoch + 1
         WHERE id = (SELECT user_id FROM sessions WHERE id = $1) RETURNING id, session_epoch)
       INSERT INTO session_epochs (user_id, epoch, reason) SELECT id, session_epoch, 'password_reset' FROM u`,
      'password_reset',
    ],
    [
      'its epoch over, for a reason that nobody noted',
      `UPDATE users SET session_epoch = session_epoch + 1
       WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`,
      'unknown',
    ],
  ]

  test.each(endings)(
    '%s: 401 session_ended with the reason, over both transports',
    async (_, ending, reason) => {
      const { client } = await signedIn()
      const sessionId = sessionIdOf(client)
      await server.database.sql(ending, [sessionId])
      for (const answer of [await client.refresh(), await client.me()]) {
        expect(answer).toBeProblem(401, 'session_ended')
        expect(answer.body.ended_reason).toBe(reason)
      }
      expect(await rowOf(sessionId)).toMatchObject({ generation: 1 })

      const { client: browser } = await signedIn(server, 'cookie')
      await server.database.sql(ending, [(await browser.me()).body.session.id])
      const answer = await browser.refresh()
      expect(answer).toBeProblem(401, 'session_ended')
      expect(answer.body.ended_reason).toBe(reason)
      expect(answer.headers.getSetCookie()).toEqual([])
    },
  )
})

describe('a cookie session is refreshed without rotation', () => {
  test('the same cookie comes again, no token is in the body, and the idle end moves on', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    const { client } = await signedIn(own, 'cookie')
    const cookie = client.cookies.get(cookieName)
    await own.time.advance({ seconds: 6 * 86_400 })

    const answer = await client.refresh()

    expect(answer.status).toBe(200)
    expect(Object.keys(answer.body).toSorted()).toEqual(['expires_in', 'user'])
    expect(answer.body.expires_in).toBe(7 * 86_400)
    expect(client.cookies.get(cookieName)).toBe(cookie)
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    expect(answer.headers.getSetCookie()[0]).toMatch(/; Max-Age=2073600$/)
    await own.time.advance({ seconds: 6 * 86_400 })
    expect((await client.me()).status).toBe(200)
  })

  test('it is one round trip to the database', async () => {
    const { client } = await signedIn(server, 'cookie')
    const watched = watchDatabase(server.runtime)

    await client.refresh()

    expect(watched.names).toEqual(['touch_session'])
  })

  test('of a session that is not remembered the cookie still ends with the browser', async () => {
    const { account } = await signedIn()
    const client = server.client()
    await client.login({ ...account, transport: 'cookie', remember: false })

    const [cookie] = (await client.refresh()).headers.getSetCookie()

    expect(cookie).not.toMatch(/max-age|expires/i)
  })

  test('a foreign origin is 403 and extends nothing', async () => {
    const { client } = await signedIn(server, 'cookie')
    const idleEnd = () => server.database.sql('SELECT idle_until FROM sessions WHERE id = $1', [sessionId])
    const sessionId = (await client.me()).body.session.id
    const before = await idleEnd()
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}] as Record<
      string,
      string
    >[]) {
      const answer = await client.send('/api/auth/refresh', { method: 'POST', headers })
      expect(answer).toBeProblem(403, 'origin_refused')
    }
    expect(await idleEnd()).toEqual(before)
  })

  test('an Authorization header hides the cookie', async () => {
    const { client } = await signedIn(server, 'cookie')

    for (const authorization of ['Bearer x', 'Basic eDp5', '']) {
      const answer = await client.send('/api/auth/refresh', {
        method: 'POST',
        headers: { authorization, origin: testAppUrl },
      })
      expect(answer, authorization).toBeProblem(401, 'invalid_refresh_token')
    }
  })

  test('a cookie whose last letter is another is 401, without a query', async () => {
    const { client } = await signedIn(server, 'cookie')
    const cookie = client.cookies.get(cookieName) ?? ''
    const watched = watchDatabase(server.runtime)
    client.cookies.set(cookieName, `${cookie.slice(0, -4)}${cookie.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`)

    expect(await client.refresh()).toBeProblem(401, 'invalid_refresh_token')
    expect(watched.names).toEqual([])
  })

  test('no refresh token of a cookie session exists: the one that could be derived is refused', async () => {
    const { client } = await signedIn(server, 'cookie')
    const { deriveRefreshToken } = await import('#lib/crypto/refresh-token.ts')
    const sessionId = (await client.me()).body.session.id
    const derived = deriveRefreshToken(server.runtime.roots, { sessionId, generation: 1 }).reveal()

    const answer = await server.client().refresh({ refreshToken: derived })

    expect(answer).toBeProblem(401, 'invalid_refresh_token')
    expect((await client.me()).status).toBe(200)
  })
})

describe('AUTH_SECRET is rotated without a 401', () => {
  const oldSecret = 'the old root secret of this test is long enough'
  const newSecret = 'the new root secret of this test is long enough'

  /** Another process of the same deployment, with other settings. */
  const restarted = (own: TestServer, secrets: string) =>
    serverForThisTest({ AUTH_SECRET: secrets, DATABASE_URL: own.database.url })

  /** The same browser or app, now talking to another process. */
  function movedTo(other: TestServer, from: ApiClient): ApiClient {
    const { accessToken, refreshToken, cookies } = from
    return Object.assign(other.client(), { accessToken, refreshToken, cookies })
  }

  test('over "old,new", "new,old" and "new" every process takes the tokens and cookies that the one before handed out', async () => {
    const own = await serverForThisTest({ AUTH_SECRET: oldSecret })
    let { client } = await signedIn(own)
    let { client: browser } = await signedIn(own, 'cookie')

    for (const secrets of [`${oldSecret},${newSecret}`, `${newSecret},${oldSecret}`, newSecret]) {
      const next = await restarted(own, secrets)
      client = movedTo(next, client)
      browser = movedTo(next, browser)
      for (const one of [client, browser]) {
        expect((await one.me()).status, secrets).toBe(200)
        expect((await one.refresh()).status, secrets).toBe(200)
        expect((await one.me()).status, secrets).toBe(200)
      }
    }
  })

  test('what another secret made is refused', async () => {
    const own = await serverForThisTest({ AUTH_SECRET: oldSecret })
    const { client } = await signedIn(own)
    const { client: browser } = await signedIn(own, 'cookie')
    const other = await restarted(own, newSecret)

    expect(await movedTo(other, client).refresh()).toBeProblem(401, 'invalid_refresh_token')
    expect(await movedTo(other, browser).refresh()).toBeProblem(401, 'invalid_refresh_token')
    expect((await client.refresh()).status).toBe(200)
  })

  test('a process that cannot open the signing keys says 503, never 401: nobody loses a session over it', async () => {
    const own = await serverForThisTest({ AUTH_SECRET: oldSecret })
    const { client, account } = await signedIn(own)
    const other = await restarted(own, newSecret)

    for (const answer of [await movedTo(other, client).me(), await other.client().login(account)]) {
      expect(answer).toBeProblem(503, 'unavailable')
    }
    expect((await client.me()).status).toBe(200)
  })
})
