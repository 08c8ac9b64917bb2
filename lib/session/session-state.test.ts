import { expect, test } from 'vitest'
import type { SessionWithUser } from '#db/queries/session-rows.ts'
import { findSession, listLiveSessions } from '#db/queries/sessions.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
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
      writtenExpiresAt: after(1000),
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

/** Whether a session is alive: what the list says, whose condition is in SQL, and what the rule says of the row. */
async function opinionsOf(
  { runtime: { database, config } }: TestServer,
  { sessionId, userId }: { sessionId: string; userId: number },
) {
  const { roleLimits } = config.session
  const row = await findSession(database, sessionId, roleLimits)
  const listed = await listLiveSessions(database, { userId, currentSessionId: sessionId, roleLimits })
  return { bySql: listed.length === 1, byRule: row !== null && judgeSession(row).kind === 'alive' }
}

/** One after the other: so many at once would wait too long for a connection. */
async function opinionsOnAll(own: TestServer, sessions: readonly { id: string; user_id: number }[]) {
  const opinions: Awaited<ReturnType<typeof opinionsOf>>[] = []
  for (const { id, user_id } of sessions)
    opinions.push(await opinionsOf(own, { sessionId: id, userId: user_id }))
  return opinions
}

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

  const opinions = await opinionsOnAll(own, sessions)

  expect(sessions).toHaveLength(2 * 3 * 2 * 2 * 3 * 4)
  expect(opinions.map(({ byRule }) => byRule)).toEqual(opinions.map(({ bySql }) => bySql))
  expect(opinions.filter(({ bySql }) => bySql)).toHaveLength(2)
})

test('they agree on the limits of roles too: for each role, age, disuse and end of the row', async () => {
  const own = await serverForThisTest({ ROLE_SESSION_LIMITS: 'ADMIN:5m/15m,STAFF:10m/10m' })
  await stopDatabaseTime(own)
  const sessions = await own.database.sql<Combination>(`
    WITH combination AS (
      SELECT row_number() OVER () AS n, * FROM
        unnest(ARRAY['{}', '{USER}', '{USER,STAFF}', '{ADMIN}', '{ADMIN,STAFF}']::text[]) AS role_names,
        unnest(ARRAY[599, 600, 899, 900]) AS created_ago, unnest(ARRAY[0, 359, 360, 599, 659, 660]) AS used_ago,
        unnest(ARRAY[0, 1]) AS expires_in, unnest(ARRAY[-60, -59]) AS idle_in
    ), subject AS (
      INSERT INTO users (id, email, username) SELECT n, n || '@example.com', 'user-' || n FROM combination
      RETURNING id
    ), granted AS (
      INSERT INTO user_roles (user_id, role_id)
      SELECT n, roles.id FROM combination JOIN roles ON roles.name = ANY (role_names::text[])
    )
    INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, created_at, last_used_at, idle_until,
      expires_at)
    SELECT gen_random_uuid(), n, 'bearer', 0, '{pwd}', 60, app_now() - make_interval(secs => created_ago),
      app_now() - make_interval(secs => used_ago), app_now() + make_interval(secs => idle_in),
      app_now() + make_interval(secs => expires_in)
    FROM combination
    RETURNING id, user_id::int, extract(epoch FROM app_now() - created_at)::int AS created_ago,
      extract(epoch FROM app_now() - last_used_at)::int AS used_ago,
      extract(epoch FROM expires_at - app_now())::int AS expires_in,
      extract(epoch FROM idle_until - app_now())::int AS idle_in,
      (SELECT role_names FROM combination WHERE n = user_id) AS role_names`)

  const opinions = await opinionsOnAll(own, sessions)

  expect(sessions).toHaveLength(5 * 4 * 6 * 2 * 2)
  expect(opinions.map(({ byRule }) => byRule)).toEqual(sessions.map(livesByTheBook))
  expect(opinions.map(({ bySql }) => bySql)).toEqual(sessions.map(livesByTheBook))
})

interface Combination {
  id: string
  user_id: number
  role_names: string
  created_ago: number
  used_ago: number
  expires_in: number
  idle_in: number
}

/** ADMIN: 5 minutes of disuse, 15 in all; STAFF: 10 and 10. A minute of disuse more is let pass. */
function livesByTheBook({ role_names, created_ago, used_ago, expires_in, idle_in }: Combination): boolean {
  if (expires_in <= 0 || idle_in <= -60) return false
  const admin = !role_names.includes('ADMIN') || (used_ago < 300 + 60 && created_ago < 900)
  const staff = !role_names.includes('STAFF') || (used_ago < 600 + 60 && created_ago < 600)
  return admin && staff
}
