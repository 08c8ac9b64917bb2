import { expect, test } from 'vitest'
import type { SessionWithUser } from '#db/queries/session-rows.ts'
import { findSession, listLiveSessions } from '#db/queries/sessions.ts'
import { serverForThisTest } from '#test/support/harness.ts'
import { stopDatabaseTime } from '#test/support/observations.ts'
import { judgeSession } from './session-state.ts'

const now = new Date('2030-01-01T12:00:00.000Z')

function after(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}

type Differences = Partial<SessionWithUser['session'] & { userEpoch: number; epochReason: string | null }> & {
  disabledAt?: Date
  deletedAt?: Date
}

/** A live session, but for these differences. */
function sessionWith({ userEpoch = 3, epochReason = null, disabledAt, deletedAt, ...session }: Differences) {
  return {
    session: {
      id: '01890000-0000-7000-8000-000000000000',
      userId: 1,
      kind: 'bearer' as const,
      generation: 1,
      supersededAt: [],
      epoch: 3,
      amr: ['pwd'],
      authenticatedAt: after(-100),
      createdAt: after(-100),
      lastUsedAt: after(-100),
      idleUntil: after(100),
      expiresAt: after(1000),
      remembered: true,
      endedAt: null,
      endedReason: null,
      device: null,
      clientAddress: null,
      ...session,
    },
    user: {
      id: 1,
      email: 'anna@example.com',
      username: 'anna',
      emailVerifiedAt: null,
      disabledAt: disabledAt ?? null,
      deletedAt: deletedAt ?? null,
      sessionEpoch: userEpoch,
      createdAt: after(-1000),
      roles: [],
    },
    epochReason,
    now,
  } satisfies SessionWithUser
}

test('a session that nothing speaks against is alive', () => {
  expect(judgeSession(sessionWith({}))).toEqual({ kind: 'alive' })
})

test.each<[string, Differences, string]>([
  ['ended, with its reason', { endedAt: after(-1), endedReason: 'refresh_reuse' }, 'refresh_reuse'],
  ['ended by hand, with a reason nobody knows', { endedAt: after(-1), endedReason: 'because' }, 'unknown'],
  ['ended by hand, without a reason', { endedAt: after(-1) }, 'unknown'],
  [
    'of an epoch that is over, with its reason',
    { userEpoch: 4, epochReason: 'password_reset' },
    'password_reset',
  ],
  ['of an epoch that is over, without a reason', { userEpoch: 5 }, 'unknown'],
  ['of an epoch that has not begun', { userEpoch: 2 }, 'unknown'],
  ['of a deleted user', { deletedAt: after(-1) }, 'user_deleted'],
  ['of a disabled user', { disabledAt: after(-1) }, 'user_disabled'],
  ['at its absolute end', { expiresAt: now }, 'expired'],
  ['a minute past its idle end', { idleUntil: after(-60) }, 'idle'],
])('it is over when it is %s', (_, differences, reason) => {
  expect(judgeSession(sessionWith(differences))).toEqual({ kind: 'ended', reason })
})

test('up to a minute past its idle end it is alive: another process may hold the use that extends it', () => {
  expect(judgeSession(sessionWith({ idleUntil: after(-59.999) }))).toEqual({ kind: 'alive' })
})

test('one millisecond before its absolute end it is alive, whatever its idle end allows', () => {
  expect(judgeSession(sessionWith({ expiresAt: after(0.001), idleUntil: after(500) })).kind).toBe('alive')
})

test('who ended it first is told: an ending of its own before the epoch, the epoch before the account, that before time', () => {
  const everything: Differences = {
    endedAt: after(-1),
    endedReason: 'signed_out',
    userEpoch: 4,
    epochReason: 'password_changed',
    deletedAt: after(-1),
    disabledAt: after(-1),
    expiresAt: after(-1),
    idleUntil: after(-1000),
  }
  const reasons: string[] = []
  for (const key of ['endedAt', 'userEpoch', 'deletedAt', 'disabledAt', 'expiresAt', 'idleUntil'] as const) {
    const state = judgeSession(sessionWith(everything))
    reasons.push(state.kind === 'ended' ? state.reason : state.kind)
    delete everything[key]
  }
  expect(reasons).toEqual([
    'signed_out',
    'password_changed',
    'user_deleted',
    'user_disabled',
    'expired',
    'idle',
  ])
  expect(judgeSession(sessionWith(everything)).kind).toBe('alive')
})

test('the condition in SQL and this rule agree on every combination of what can end a session', async () => {
  const own = await serverForThisTest()
  await stopDatabaseTime(own)
  const sessions = await own.database.sql<{ id: string; user_id: number }>(`
    WITH combination AS (
      SELECT row_number() OVER () AS n, * FROM
        unnest(ARRAY[false, true]) AS has_ended, unnest(ARRAY[-1, 0, 1]) AS epochs_behind,
        unnest(ARRAY[false, true]) AS is_disabled, unnest(ARRAY[false, true]) AS is_deleted,
        unnest(ARRAY[-1, 0, 1]) AS expires_in, unnest(ARRAY[-61, -60, -59, 10]) AS idle_in
    ), subject AS (
      INSERT INTO users (id, email, username, session_epoch, disabled_at, deleted_at)
      SELECT n, n || '@example.com', 'user-' || n, 5,
        CASE WHEN is_disabled THEN app_now() END, CASE WHEN is_deleted THEN app_now() END FROM combination
    )
    INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at, ended_at)
    SELECT gen_random_uuid(), n, 'bearer', 5 - epochs_behind, '{pwd}', 60,
      app_now() + make_interval(secs => idle_in), app_now() + make_interval(secs => expires_in),
      CASE WHEN has_ended THEN app_now() END
    FROM combination RETURNING id, user_id::int`)
  const { database } = own.runtime

  const opinions = await Promise.all(
    sessions.map(async ({ id, user_id }) => {
      const row = await findSession(database, id)
      const listed = await listLiveSessions(database, user_id)
      return { bySql: listed.length === 1, byRule: row !== null && judgeSession(row).kind === 'alive' }
    }),
  )

  expect(sessions).toHaveLength(2 * 3 * 2 * 2 * 3 * 4)
  expect(opinions.map(({ byRule }) => byRule)).toEqual(opinions.map(({ bySql }) => bySql))
  expect(opinions.filter(({ bySql }) => bySql)).toHaveLength(2)
})
