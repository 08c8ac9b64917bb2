import { describe, expect, test } from 'vitest'
import { findSession, insertSession, type NewSession } from '#db/queries/sessions.ts'
import { findSignInCandidate } from '#db/queries/users.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import { type ApiClient, type Credentials, signIn } from '#test/support/api-client.ts'
import { caughtUp } from '#test/support/caught-up.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { stopDatabaseTime, watchDatabase } from '#test/support/observations.ts'
import { judgeSession } from './session-state.ts'
import { startSession } from './start-session.ts'

/** Signs in as often, a second apart. */
async function signedInTimes(own: TestServer, account: Credentials, times: number, transport = 'bearer') {
  const clients: ApiClient[] = []
  for (let time = 0; time < times; time += 1) {
    await own.time.advance({ seconds: 1 })
    const client = own.client()
    expect((await client.login({ ...account, transport })).status).toBe(200)
    clients.push(client)
  }
  return clients
}

async function registered(own: TestServer) {
  return (await own.client().register()).account
}

/** A sign-in whose password was right, without the hashing, which lets only a few go on at the same moment. */
async function beginSession(own: TestServer, { email }: Credentials): Promise<ApiClient> {
  const { candidate } = await findSignInCandidate(own.runtime.database, email)
  if (!candidate) throw new Error('no such account')
  const issued = await startSession(own.runtime, own.runtime.database, {
    kind: 'bearer',
    user: candidate,
    amr: ['pwd'],
    remember: true,
    client: { address: null, userAgent: null, requestId: null },
    isKnownDevice: true,
  })
  if (issued?.kind !== 'bearer') throw new Error('no session')
  return Object.assign(own.client(), { accessToken: issued.accessToken.reveal() })
}

/** For each client its status, or why it is refused. */
async function fates(clients: readonly ApiClient[]): Promise<unknown[]> {
  const answers = await Promise.all(clients.map((client) => client.me()))
  return answers.map(({ status, body }) => (status === 200 ? 'alive' : body.ended_reason))
}

async function metricOf({ runtime }: TestServer, reason: string): Promise<number> {
  const text = await runtime.metrics.expose()
  return Number(
    new RegExp(`^auth_session_ended_total\\{outcome="${reason}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
  )
}

function newSession({ runtime: { random, clock } }: TestServer, userId: number): NewSession {
  return {
    id: newUuidV7(random, clock.now()),
    userId,
    verifiedEpoch: 0,
    kind: 'bearer',
    amr: ['pwd'],
    remembered: true,
    idleSeconds: 60,
    absoluteSeconds: 600,
    device: null,
    userAgent: null,
    clientAddress: null,
    replacesSessionId: null,
    event: null,
    isKnownDevice: true,
    newDeviceMail: '[]',
  }
}

describe('with MAX_SESSIONS_PER_USER', () => {
  test.each(['bearer', 'cookie'])(
    'a sign-in beyond it ends the session that was not used for the longest time, over %s',
    async (transport) => {
      const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '3' })
      const account = await registered(own)
      const clients = await signedInTimes(own, account, 3, transport)
      await own.time.advance({ seconds: 60 })
      // The first one is used again, so the second is the one that was not.
      await clients[0]?.me()
      await own.runtime.touches.flush()

      clients.push(...(await signedInTimes(own, account, 1, transport)))

      expect(await fates(clients)).toEqual(['alive', 'limit', 'alive', 'alive'])
      expect(await metricOf(own, 'limit')).toBe(1)
    },
  )

  test('twenty parallel sign-ins leave exactly as many sessions as it allows', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '3' })
    const account = await registered(own)
    const before = await signedInTimes(own, account, 3)

    const clients = await Promise.all(Array.from({ length: 20 }, () => beginSession(own, account)))

    const after = await fates([...before, ...clients])
    expect(after.filter((fate) => fate === 'alive')).toHaveLength(3)
    expect(after.filter((fate) => fate === 'limit')).toHaveLength(20)
    expect(after.slice(0, 3)).toEqual(['limit', 'limit', 'limit'])
    expect(await metricOf(own, 'limit')).toBe(20)
  })

  test('at no moment of twenty parallel sign-ins, on two processes, are there more', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '2' })
    const other = await serverForThisTest({ MAX_SESSIONS_PER_USER: '2', DATABASE_URL: own.database.url })
    await own.database.sql(`
      CREATE TABLE observed (alive integer);
      CREATE FUNCTION observe() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO observed SELECT count(*) FROM sessions WHERE ended_at IS NULL;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER observe AFTER INSERT ON sessions DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION observe()`)
    const account = await registered(own)

    await Promise.all(Array.from({ length: 20 }, (_, n) => beginSession(n % 2 ? own : other, account)))

    const [row] = await own.database.sql<{ count: number; most: number }>(
      'SELECT count(*)::int AS count, max(alive) AS most FROM observed',
    )
    expect(row).toEqual({ count: 20, most: 2 })
  })

  test('a sign-in waits for the one of the same user that is not committed yet, and counts it', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '1' })
    const client = own.client()
    const { account, body } = await client.register()
    const waiting = async () => {
      const [row] = await own.database.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return row?.count
    }
    let signingIn: ReturnType<typeof client.login> | undefined
    await own.runtime.database.transaction(async (transaction) => {
      await insertSession(transaction, newSession(own, body.user.id), { roleLimits: [], perUserMax: 1 })
      signingIn = client.login(account)
      await expect.poll(waiting, { timeout: 5000 }).toBe(1)
    })

    expect((await signingIn)?.status).toBe(200)
    expect((await client.me()).status).toBe(200)
    const rows = await own.database.sql('SELECT ended_reason FROM sessions ORDER BY ended_at')
    expect(rows).toEqual([{ ended_reason: 'limit' }, { ended_reason: null }])
  })

  test('of one, every sign-in ends the session before', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '1' })
    const clients = await signedInTimes(own, await registered(own), 3)

    expect(await fates(clients)).toEqual(['limit', 'limit', 'alive'])
  })

  test('a limit that comes later ends what is beyond it at the next sign-in', async () => {
    const own = await serverForThisTest()
    const account = await registered(own)
    const clients = await signedInTimes(own, account, 6)
    const strict = await serverForThisTest({ MAX_SESSIONS_PER_USER: '2', DATABASE_URL: own.database.url })
    await strict.client().login(account)
    await caughtUp(own.runtime)

    expect(await fates(clients)).toEqual([...Array(5).fill('limit'), 'alive'])
  })

  test('sessions of other users are let be, and so are those that are over, which keep their reason', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '2' })
    const stranger = own.client()
    await signIn(stranger)
    const account = await registered(own)
    const [first, second] = await signedInTimes(own, account, 2)
    await first?.logout()

    const third = await signedInTimes(own, account, 1)

    expect(await fates([stranger, first, second, ...third] as ApiClient[])).toEqual([
      'alive',
      'signed_out',
      'alive',
      'alive',
    ])
  })

  test('the session of the cookie that a sign-in replaces takes no place', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '2' })
    const account = await registered(own)
    const [first] = await signedInTimes(own, account, 1, 'cookie')
    const [second] = await signedInTimes(own, account, 1, 'cookie')
    await second?.login({ ...account, transport: 'cookie' })

    expect(await fates([first, second] as ApiClient[])).toEqual(['alive', 'alive'])
    expect(await metricOf(own, 'limit')).toBe(0)
    expect(await metricOf(own, 'signed_out')).toBe(1)
  })

  test('a password change ends the others and keeps its own place', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '2' })
    const account = await registered(own)
    const [first, second] = await signedInTimes(own, account, 2, 'cookie')
    const change = { current_password: account.password, new_password: 'a brand new harbour' }
    await second?.send('/api/auth/change-password', {
      json: change,
      headers: { origin: own.runtime.config.appUrl },
    })

    expect(await fates([first, second] as ApiClient[])).toEqual(['password_changed', 'alive'])
    expect(await metricOf(own, 'limit')).toBe(0)
    expect(await metricOf(own, 'password_changed')).toBe(2)
  })

  test('a sign-in still costs at most four round trips', async () => {
    const own = await serverForThisTest({ MAX_SESSIONS_PER_USER: '1' })
    const account = await registered(own)
    await own.client().login(account)
    const watched = watchDatabase(own.runtime)

    await own.client().login(account)

    expect(watched.names.length).toBeLessThanOrEqual(4)
    expect(watched.names).toContain('insert_session_within_limit')
  })
})

test('by default there is no limit, and no sign-in waits for another of the same user', async () => {
  const own = await serverForThisTest()
  const account = await registered(own)
  const watched = watchDatabase(own.runtime)
  const clients = await signedInTimes(own, account, 12)

  expect(await fates(clients)).toEqual(Array(12).fill('alive'))
  expect(watched.names).toContain('insert_session')
})

test('what takes a place is what the rule calls alive: of every age, disuse, end, epoch and role', async () => {
  const own = await serverForThisTest({ ROLE_SESSION_LIMITS: 'ADMIN:5m/15m' })
  await stopDatabaseTime(own)
  const { database, config } = own.runtime
  const { roleLimits } = config.session
  const rows = await own.database.sql<{ id: string; user_id: number }>(`
    WITH combination AS (
      SELECT row_number() OVER () AS n, * FROM
        unnest(ARRAY[false, true]) AS is_administrator, unnest(ARRAY[false, true]) AS has_ended,
        unnest(ARRAY[0, 1]) AS epochs_behind, unnest(ARRAY[0, 1]) AS expires_in, unnest(ARRAY[-60, -59]) AS idle_in,
        unnest(ARRAY[899, 900]) AS created_ago, unnest(ARRAY[359, 360]) AS used_ago
    ), subject AS (
      INSERT INTO users (id, email, username, session_epoch) SELECT n, n || '@example.com', 'user-' || n, 3 FROM combination
    ), granted AS (
      INSERT INTO user_roles (user_id, role_id) SELECT n, 2 FROM combination WHERE is_administrator
    )
    INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, created_at, last_used_at, idle_until,
      expires_at, ended_at)
    SELECT gen_random_uuid(), n, 'bearer', 3 - epochs_behind, '{pwd}', 60,
      app_now() - make_interval(secs => created_ago), app_now() - make_interval(secs => used_ago),
      app_now() + make_interval(secs => idle_in), app_now() + make_interval(secs => expires_in),
      CASE WHEN has_ended THEN app_now() END
    FROM combination RETURNING id, user_id::int`)
  const wasAlive: boolean[] = []
  const ended: string[][] = []
  for (const { id, user_id } of rows) {
    const row = await findSession(database, id, roleLimits)
    wasAlive.push(row !== null && judgeSession(row).kind === 'alive')
    const session = { ...newSession(own, user_id), verifiedEpoch: 3 }
    const inserted = await insertSession(database, session, { roleLimits, perUserMax: 1 })
    ended.push(inserted?.excessIds ?? ['not inserted'])
  }

  expect(rows).toHaveLength(2 ** 7)
  expect(wasAlive.filter(Boolean)).toHaveLength(4 + 1)
  expect(ended).toEqual(rows.map(({ id }, n) => (wasAlive[n] ? [id] : [])))
})
