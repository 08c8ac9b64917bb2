import { describe, expect, test } from 'vitest'
import { type Change, openChangeListener } from '#db/change-listener.ts'
import { beginSweep, sweepSessionSlice } from '#db/queries/session-sweep.ts'
import { findSession } from '#db/queries/sessions.ts'
import type { Query } from '#db/statement.ts'
import { signIn } from '#test/support/api-client.ts'
import { caughtUp, isMarker } from '#test/support/caught-up.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { stopDatabaseTime, watchDatabase } from '#test/support/observations.ts'
import { judgeSession } from './session-state.ts'
import { sweepSessions } from './sweep-sessions.ts'

const day = 86_400

interface SessionRow {
  ended_at: Date | null
  ended_reason: string | null
  idle_until: Date
  expires_at: Date
}

async function rowOf({ database }: TestServer, id: string): Promise<SessionRow | undefined> {
  const [row] = await database.sql<SessionRow>(
    'SELECT ended_at, ended_reason, idle_until, expires_at FROM sessions WHERE id = $1',
    [id],
  )
  return row
}

async function signedIn(own: TestServer, kind: 'bearer' | 'cookie' = 'bearer') {
  const client = own.client()
  const account = await signIn(client, kind)
  const { id, session } = (await client.me()).body
  return { client, account, userId: id as number, sessionId: session.id as string }
}

/** A run now, whenever the last one was. */
async function sweep({ database, runtime }: TestServer, sweeper = runtime): Promise<void> {
  await database.sql("UPDATE settings SET value = value - 'dueAt' WHERE name = 'session_sweep'")
  await sweepSessions(sweeper)
}

async function endedTotal({ runtime }: TestServer, reason: string): Promise<number> {
  const text = await runtime.metrics.expose()
  return Number(
    new RegExp(`^auth_session_ended_total\\{outcome="${reason}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
  )
}

/** SQL for an instant so long ago. */
function past(interval: string): string {
  return `app_now() - interval '${interval}'`
}

let planted = 0

/** As many sessions of one user, with these values of their own. */
async function plantSessions(own: TestServer, count: number, columns: Record<string, string>): Promise<void> {
  const values = {
    idle_until: "app_now() + interval '1 h'",
    expires_at: "app_now() + interval '2 h'",
    session_epoch: '0',
    ...columns,
  }
  await own.database.sql(
    `WITH subject AS (
       INSERT INTO users (email, username) VALUES (gen_random_uuid() || '@example.com', gen_random_uuid())
       RETURNING id
     )
     INSERT INTO sessions (id, user_id, kind, amr, idle_seconds, ${Object.keys(values).join(', ')})
     SELECT lpad(to_hex($1::int + n), 32, '0')::uuid, subject.id, 'bearer', '{pwd}', 60,
       ${Object.values(values).join(', ')}
     FROM subject, generate_series(1, $2::int) AS n`,
    [planted, count],
  )
  planted += count
}

/** Counts the slices that a server walks from now on. */
function watchSlices({ runtime: { database } }: TestServer): { slices: number } {
  const watched = { slices: 0 }
  const { transaction } = database
  database.transaction = (work) =>
    transaction((connection) =>
      work({
        run(query) {
          if (query.name === 'sweep_session_slice') watched.slices += 1
          return connection.run(query)
        },
      }),
    )
  return watched
}

async function countOf({ database }: TestServer, condition: string, table = 'sessions'): Promise<number> {
  const [row] = await database.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE ${condition}`,
  )
  return row?.count ?? 0
}

describe('the sweep', () => {
  test('writes the ending of a session two minutes after its idle end, at that end, and not before', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    const { client, sessionId } = await signedIn(own)
    await own.time.advance({ seconds: 7 * day + 119 })
    await sweep(own)
    expect((await rowOf(own, sessionId))?.ended_at).toBeNull()

    await own.time.advance({ seconds: 1 })
    await sweep(own)

    const row = await rowOf(own, sessionId)
    expect(row?.ended_reason).toBe('idle')
    expect(row?.ended_at).toEqual(row?.idle_until)
    expect((await client.refresh()).body.ended_reason).toBe('idle')
    expect(await endedTotal(own, 'idle')).toBe(1)
  })

  test('writes the ending of a session two minutes after its absolute end, at that end, and not before', async () => {
    const own = await serverForThisTest({ SESSION_ABSOLUTE_DAYS: '1' })
    await stopDatabaseTime(own)
    const { client, sessionId } = await signedIn(own)
    await own.time.advance({ seconds: day + 119 })
    await sweep(own)
    expect((await rowOf(own, sessionId))?.ended_at).toBeNull()

    await own.time.advance({ seconds: 1 })
    await sweep(own)

    const row = await rowOf(own, sessionId)
    expect(row?.ended_reason).toBe('expired')
    expect(row?.ended_at).toEqual(row?.expires_at)
    expect((await client.refresh()).body.ended_reason).toBe('expired')
    expect(await endedTotal(own, 'expired')).toBe(1)
  })

  test('writes why an epoch ended a session, when it did, and counts it no second time', async () => {
    const own = await serverForThisTest()
    const { client, account, sessionId } = await signedIn(own)
    const other = own.client()
    await other.login(account)
    await other.send('/api/auth/sessions', { method: 'DELETE' })
    const [epoch] = await own.database.sql<{ began_at: Date }>('SELECT began_at FROM session_epochs')

    await sweep(own)

    const row = await rowOf(own, sessionId)
    expect(row?.ended_reason).toBe('revoked_by_user')
    expect(row?.ended_at).toEqual(epoch?.began_at)
    expect((await client.me()).body.ended_reason).toBe('revoked_by_user')
    expect((await other.me()).status).toBe(200)
    expect(await endedTotal(own, 'revoked_by_user')).toBe(1)
  })

  test('agrees with the rule on every combination: what it ends was over, for that reason', async () => {
    const own = await serverForThisTest({ ROLE_SESSION_LIMITS: 'ADMIN:5m/15m' })
    await stopDatabaseTime(own)
    const { database, config } = own.runtime
    const rows = await own.database.sql<{ id: string }>(`
      WITH combination AS (
        SELECT row_number() OVER () AS n, * FROM
          unnest(ARRAY[false, true]) AS is_disabled, unnest(ARRAY[false, true]) AS is_deleted,
          unnest(ARRAY[-1, 0, 1]) AS epochs_behind, unnest(ARRAY[-120, -119, 0, 1]) AS expires_in,
          unnest(ARRAY[-120, -119, 1]) AS idle_in, unnest(ARRAY[false, true]) AS is_administrator
      ), subject AS (
        INSERT INTO users (id, email, username, session_epoch, disabled_at, deleted_at)
        SELECT n, n || '@example.com', 'user-' || n, 5,
          CASE WHEN is_disabled THEN app_now() END, CASE WHEN is_deleted THEN app_now() END FROM combination
      ), granted AS (
        INSERT INTO user_roles (user_id, role_id) SELECT n, 2 FROM combination WHERE is_administrator
      ), noted AS (
        INSERT INTO session_epochs (user_id, epoch, reason) SELECT n, 5, 'password_reset' FROM combination
      )
      INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, created_at, last_used_at, idle_until,
        expires_at)
      SELECT gen_random_uuid(), n, 'bearer', 5 - epochs_behind, '{pwd}', 60, app_now() - interval '1 h',
        app_now() - interval '1 h', app_now() + make_interval(secs => idle_in),
        app_now() + make_interval(secs => expires_in)
      FROM combination RETURNING id`)
    const judge = async (id: string) => {
      const row = await findSession(database, id, config.session.roleLimits)
      if (!row) throw new Error('no row')
      return { row, state: judgeSession(row) }
    }
    // One after the other: so many at once would wait too long for a connection.
    const judgeAll = async () => {
      const judged: Awaited<ReturnType<typeof judge>>[] = []
      for (const { id } of rows) judged.push(await judge(id))
      return judged
    }
    const before = await judgeAll()

    await sweep(own)

    const after = await judgeAll()
    const swept = after.filter(({ row }) => row.session.endedAt !== null)
    expect(rows).toHaveLength(2 * 2 * 3 * 4 * 3 * 2)
    expect(after.map(({ state }) => state)).toEqual(before.map(({ state }) => state))
    for (const { row } of swept) expect(row.session.endedAt?.getTime()).toBeLessThanOrEqual(row.now.getTime())
    // Of an earlier epoch; two minutes past an end.
    const isDue = (row: (typeof before)[number]['row']) =>
      row.session.epoch < 5 ||
      row.session.writtenExpiresAt.getTime() <= row.now.getTime() - 120_000 ||
      row.session.idleUntil.getTime() <= row.now.getTime() - 120_000
    const limited = before.filter(({ row }) => row.user.roles.includes('ADMIN'))
    const unlimited = before.filter(({ row }) => !row.user.roles.includes('ADMIN'))
    expect(swept).toHaveLength(2 * unlimited.filter(({ row }) => isDue(row)).length)
    expect(limited).toHaveLength(unlimited.length)
  })

  test('ends nothing by the limits of roles, which come and go', async () => {
    const own = await serverForThisTest()
    const { client, userId, sessionId } = await signedIn(own)
    await own.database.sql('INSERT INTO user_roles (user_id, role_id) VALUES ($1, 2)', [userId])
    await own.time.advance({ seconds: 13 * 3600 })
    await sweep(own)
    expect((await rowOf(own, sessionId))?.ended_at).toBeNull()

    await own.database.sql('DELETE FROM user_roles WHERE user_id = $1 AND role_id = 2', [userId])

    expect((await client.refresh()).status).toBe(200)
  })
})

describe('its silence', () => {
  async function heardDuring(own: TestServer, work: () => Promise<unknown>): Promise<Change[]> {
    const heard: Change[] = []
    const beats: number[] = []
    const listener = await openChangeListener({
      url: own.database.url,
      beatChannel: 'beat_of_the_test',
      onChange: (change) => isMarker(change) || heard.push(change),
      onBeat: (number) => void beats.push(number),
      onLost: () => {},
    })
    await work()
    // Notifications come in the order of the commits: with this one, all of them have come.
    await own.database.sql("SELECT pg_notify('beat_of_the_test', '1')")
    await expect.poll(() => beats).toEqual([1])
    listener.close()
    return heard
  }

  test('nobody is told of what it ends and removes, as they are when a hand does so', async () => {
    const own = await serverForThisTest()
    await plantSessions(own, 20, { idle_until: past('121 s') })
    await plantSessions(own, 20, { expires_at: past('121 s') })
    await plantSessions(own, 20, { session_epoch: '-1' })
    await plantSessions(own, 20, { ended_at: past('91 d') })
    const [one] = await own.database.sql<{ id: string }>(
      'SELECT id FROM sessions WHERE session_epoch = -1 LIMIT 1',
    )
    const byHand = await heardDuring(own, () =>
      own.database.sql('UPDATE sessions SET ended_at = app_now() WHERE id = $1', [one?.id]),
    )

    const heard = await heardDuring(own, () => sweepSessions(own.runtime))

    expect(byHand).toEqual([{ kind: 'session', sessionId: one?.id }])
    expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(60)
    expect(await countOf(own, 'true')).toBe(60)
    expect(heard).toEqual([])
  })

  test('is safe: whatever memory answers after it is alive in its row, at every moment around its ends', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    const { database, runtime, time } = own
    const ends = [10, 60, 110, 160, 210].flatMap((seconds) => [
      `idle_until = app_now() + interval '${seconds} s'`,
      `expires_at = app_now() + interval '${seconds} s', idle_until = app_now() + interval '${seconds} s'`,
    ])
    const people = await Promise.all(
      ends.map(async (end, n) => {
        const person = await signedIn(own, n % 4 < 2 ? 'cookie' : 'bearer')
        await database.sql(`UPDATE sessions SET ${end} WHERE id = $1`, [person.sessionId])
        await person.client.me()
        return person
      }),
    )
    const watched = watchDatabase(runtime)
    const reads = () => watched.names.filter((name) => name === 'read_session_snapshots').length
    let answeredFromMemory = 0

    for (let seconds = 0; seconds < 400; seconds += 20) {
      await time.advance({ seconds: 20 })
      await caughtUp(runtime)
      await sweep(own)
      for (const { client, sessionId } of people) {
        const before = reads()
        const { status } = await client.send('/api/auth/me', { headers: { 'x-passive': '1' } })
        if (status !== 200 || reads() > before) continue
        answeredFromMemory += 1
        expect((await rowOf(own, sessionId))?.ended_at).toBeNull()
      }
    }

    expect(answeredFromMemory).toBeGreaterThan(0)
    expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(people.length)
  })
})

describe('what ended long ago', () => {
  test('is removed after SESSION_HISTORY_DAYS, and not before; what lives stays', async () => {
    const own = await serverForThisTest({ SESSION_HISTORY_DAYS: '10' })
    await plantSessions(own, 3, { ended_at: past('10 d 1 min') })
    await plantSessions(own, 4, { ended_at: past('9 d 23 h 59 min') })
    await plantSessions(own, 5, { created_at: past('80 d') })

    await sweep(own)

    expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(4)
    expect(await countOf(own, 'ended_at IS NULL')).toBe(5)
  })

  test('is kept for 90 days by default, to tell why', async () => {
    const own = await serverForThisTest()
    const { client, sessionId } = await signedIn(own)
    await client.logout()
    for (const [days, reason] of [
      [89, 'signed_out'],
      [2, 'unknown'],
    ] as const) {
      await own.time.advance({ seconds: days * day })
      await sweep(own)
      expect((await client.refresh()).body.ended_reason).toBe(reason)
    }
    expect(await rowOf(own, sessionId)).toBeUndefined()
  })

  test('a session that nobody used goes the same way: first its ending is written, then it is removed', async () => {
    const own = await serverForThisTest({ SESSION_HISTORY_DAYS: '5' })
    const { sessionId } = await signedIn(own)
    await own.time.advance({ seconds: 13 * day })
    await sweep(own)
    expect((await rowOf(own, sessionId))?.ended_reason).toBe('idle')

    await sweep(own)

    expect(await rowOf(own, sessionId)).toBeUndefined()
  })

  test('reasons of epochs go with it, but for those that a session still needs', async () => {
    const own = await serverForThisTest({ SESSION_HISTORY_DAYS: '5' })
    const { client, account, sessionId } = await signedIn(own)
    const other = own.client()
    await other.login(account)
    await other.send('/api/auth/sessions', { method: 'DELETE' })
    await own.database.sql(`UPDATE session_epochs SET began_at = ${past('6 d')}`)
    // The row is in use, so this run cannot write why it ended.
    await own.runtime.database.transaction(async (transaction) => {
      await transaction.run({
        name: '',
        text: 'SELECT FROM sessions WHERE id = $1 FOR UPDATE',
        values: [sessionId],
      })
      await sweep(own)
    })
    expect(await countOf(own, 'true', 'session_epochs')).toBe(1)
    expect((await client.me()).body.ended_reason).toBe('revoked_by_user')

    await sweep(own)

    expect(await countOf(own, 'true', 'session_epochs')).toBe(0)
  })
})

describe('one run', () => {
  test('walks the whole of a table that is not large, slice by slice', async () => {
    const own = await serverForThisTest()
    await plantSessions(own, 2500, { idle_until: past('1 h') })
    await plantSessions(own, 2500, { ended_at: past('91 d') })
    const before = await endedTotal(own, 'idle')

    await sweepSessions(own.runtime)

    expect(await countOf(own, "ended_reason = 'idle'")).toBe(2500)
    expect(await countOf(own, 'true')).toBe(2500)
    expect((await endedTotal(own, 'idle')) - before).toBe(2500)
  })

  test('that was cut off is gone on with where it stopped, by another process', async () => {
    const own = await serverForThisTest()
    const other = await serverForThisTest({ DATABASE_URL: own.database.url })
    await plantSessions(own, 2500, { idle_until: past('1 h') })
    const { transaction } = own.runtime.database
    let slices = 0
    own.runtime.database.transaction = (work) => {
      slices += 1
      return slices > 1 ? Promise.reject(new Error('cut off')) : transaction(work)
    }
    await expect(sweepSessions(own.runtime)).rejects.toThrow('cut off')
    expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(1000)
    const watched = watchSlices(other)

    await sweep(own, other.runtime)

    expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(2500)
    expect(watched.slices).toBe(2)
  })

  test('is due after the last one only, on whichever process', async () => {
    const own = await serverForThisTest()
    const other = await serverForThisTest({ DATABASE_URL: own.database.url })
    const watched = [watchSlices(own), watchSlices(other)]
    const slices = () => watched.map((one) => one.slices)
    await sweepSessions(own.runtime)
    await sweepSessions(own.runtime)
    await sweepSessions(other.runtime)
    expect(slices()).toEqual([1, 0])
    await own.time.advance({ seconds: 61 })

    await sweepSessions(other.runtime)
    await sweepSessions(own.runtime)

    expect(slices()).toEqual([1, 1])
  })

  test('leaves the table to the process that sweeps it', async () => {
    const own = await serverForThisTest()
    await plantSessions(own, 10, { idle_until: past('1 h') })
    await own.runtime.database.transaction(async (transaction) => {
      await beginSweep(transaction)

      await sweep(own)

      expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(0)
    })
    await sweep(own)
    expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(10)
  })

  test('of several at once each ending is written, and counted, once', async () => {
    const own = await serverForThisTest()
    const other = await serverForThisTest({ DATABASE_URL: own.database.url })
    await plantSessions(own, 3500, { idle_until: past('1 h') })

    await Promise.all([own, other, own, other].map((one) => sweepSessions(one.runtime)))
    await sweep(own)

    expect(await countOf(own, "ended_reason = 'idle'")).toBe(3500)
    expect((await endedTotal(own, 'idle')) + (await endedTotal(other, 'idle'))).toBe(3500)
  })

  test('waits for no session that is in use, and ends it the next time', async () => {
    const own = await serverForThisTest()
    await plantSessions(own, 3, { idle_until: past('1 h') })
    await own.runtime.database.transaction(async (transaction) => {
      await transaction.run({
        name: '',
        text: 'SELECT FROM sessions ORDER BY id LIMIT 1 FOR UPDATE',
        values: [],
      })
      await sweep(own)
      expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(2)
    })

    await sweep(own)

    expect(await countOf(own, 'ended_at IS NOT NULL')).toBe(3)
  })

  test('reads slices by the primary key, never the whole table', async () => {
    const own = await serverForThisTest()
    await plantSessions(own, 20_000, {})
    await own.database.sql('ANALYZE sessions')
    const captured: Query<object>[] = []
    await sweepSessionSlice(
      {
        run: async (query) => {
          captured.push(query)
          return [{}] as never
        },
      },
      { after: '00000000-0000-0000-0000-000000001388', historySeconds: day, roleLimits: [] },
    )

    const plan = await own.database.sql<{ 'QUERY PLAN': string }>(
      `EXPLAIN ${captured[0]?.text}`,
      captured[0]?.values,
    )

    const text = plan.map((line) => line['QUERY PLAN']).join('\n')
    expect(text.match(/using sessions_pkey on sessions/g)).toHaveLength(4)
    expect(text).not.toContain('Seq Scan on sessions')
  })
})
