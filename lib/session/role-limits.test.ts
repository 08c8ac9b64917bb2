import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { caughtUp } from '#test/support/caught-up.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { stopDatabaseTime } from '#test/support/observations.ts'
import { revokeAllSessions } from './revoke-sessions.ts'

const [hour, day] = [3600, 86_400]

async function grant({ database }: TestServer, email: string, role = 'ADMIN'): Promise<void> {
  await database.sql(
    'INSERT INTO user_roles (user_id, role_id) SELECT users.id, roles.id FROM users, roles WHERE email = $1 AND name = $2',
    [email, role],
  )
}

async function takeAway({ database }: TestServer, email: string): Promise<void> {
  await database.sql(
    `DELETE FROM user_roles USING users, roles
     WHERE users.id = user_id AND roles.id = role_id AND email = $1 AND name = 'ADMIN'`,
    [email],
  )
}

async function signedInAdministrator(own: TestServer, kind: 'bearer' | 'cookie' = 'bearer') {
  const client = own.client()
  const { account } = await client.register()
  await grant(own, account.email)
  const answer = await client.login({ ...account, transport: kind })
  return { client, account, answer }
}

/** Seconds from now, as the server tells them. */
function secondsUntil({ runtime }: TestServer, instant: string): number {
  return (Date.parse(instant) - runtime.clock.now().getTime()) / 1000
}

function expectEnded(answer: TestAnswer, reason: string): void {
  expect(answer).toBeProblem(401, 'session_ended')
  expect(answer.body.ended_reason).toBe(reason)
}

async function useEvery(client: ApiClient, own: TestServer, seconds: number, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await own.time.advance({ seconds })
    expect((await client.me()).status).toBe(200)
    await own.runtime.touches.flush()
  }
}

/** Moves time, and lets the change feed prove itself in the new one: memory may answer again. */
async function advanceFeed({ time, runtime }: TestServer, seconds: number): Promise<void> {
  await time.advance({ seconds })
  await caughtUp(runtime)
}

describe.each(['bearer', 'cookie'] as const)('the %s session of an administrator', (kind) => {
  test('ends after 30 minutes of disuse, by default, and its use keeps it alive', async () => {
    const own = await serverForThisTest({ ACCESS_TOKEN_EXPIRE_MINUTES: '60' })
    const { client } = await signedInAdministrator(own, kind)

    await useEvery(client, own, 29 * 60, 2)
    await own.time.advance({ seconds: 31 * 60 + 1 })

    expectEnded(await client.me(), 'idle')
    expectEnded(await client.refresh(), 'idle')
  })

  test('ends after 12 hours whatever its use, by default', async () => {
    const own = await serverForThisTest()
    const { client } = await signedInAdministrator(own, kind)

    for (let seconds = 0; seconds < 12 * hour - 25 * 60; seconds += 25 * 60) {
      await own.time.advance({ seconds: 25 * 60 })
      expect((await client.refresh()).status).toBe(200)
    }
    await own.time.advance({ seconds: 25 * 60 })

    expectEnded(await client.refresh(), 'expired')
    expectEnded(await client.me(), 'expired')
  })

  test('is not answered from memory past either of its ends', async () => {
    const own = await serverForThisTest({ ROLE_SESSION_LIMITS: 'ADMIN:2m/4m' })
    const { client } = await signedInAdministrator(own, kind)
    await client.me()
    for (const seconds of [115, 10]) {
      await advanceFeed(own, seconds)
      expect((await client.me()).status).toBe(200)
    }
    await own.runtime.touches.flush()
    await advanceFeed(own, 110)
    expect((await client.me()).status).toBe(200)
    await advanceFeed(own, 10)

    expectEnded(await client.me(), 'expired')
  })

  test('ends as well where each check reads the database', async () => {
    const own = await serverForThisTest({ LIVE_VIEW: 'off' })
    const { client } = await signedInAdministrator(own, kind)
    await own.time.advance({ seconds: 31 * 60 + 1 })

    expectEnded(await client.me(), 'idle')
  })
})

describe('a role', () => {
  test('that is granted tightens the sessions that are there, at once', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client, 'cookie')
    await own.time.advance({ seconds: 13 * hour })
    expect((await client.me()).status).toBe(200)

    await grant(own, account.email)

    expectEnded(await client.me(), 'expired')
  })

  test('that is taken away relaxes them again, at once, also those that were refused', async () => {
    const own = await serverForThisTest()
    const { client, account } = await signedInAdministrator(own, 'cookie')
    await own.time.advance({ seconds: 13 * hour })
    expectEnded(await client.me(), 'expired')

    await takeAway(own, account.email)

    expect((await client.me()).status).toBe(200)
    expect((await client.refresh()).body.expires_in).toBe(7 * day)
  })

  test.each([
    ['the role is taken away', takeAway],
    [
      'the account is enabled',
      ({ database }: TestServer) => database.sql('UPDATE users SET disabled_at = NULL'),
    ],
  ])('does not bring back what an operator ended for everybody, when %s', async (_, lift) => {
    const own = await serverForThisTest()
    const { client, account } = await signedInAdministrator(own, 'cookie')
    await own.time.advance({ seconds: 13 * hour })
    if (lift !== takeAway) await own.database.sql('UPDATE users SET disabled_at = app_now()')
    expect((await client.me()).status).toBe(401)
    await revokeAllSessions(own.runtime)

    await takeAway(own, account.email)
    await lift(own, account.email)

    expectEnded(await client.me(), 'revoked_by_admin')
  })

  test('without a limit changes nothing, and of two limited ones the strictest of each limit counts', async () => {
    const own = await serverForThisTest({ ROLE_SESSION_LIMITS: 'ADMIN:1h/2h,STAFF:30m/4h' })
    await stopDatabaseTime(own)
    const client = own.client()
    const { account } = await client.register()
    const expiresIn = async () => {
      const { body } = await client.login({ ...account, transport: 'cookie' })
      const me = await client.me()
      return [body.expires_in, Math.round(secondsUntil(own, me.body.session.expires_at) / hour)]
    }
    expect(await expiresIn()).toEqual([7 * day, 30 * 24])

    await grant(own, account.email)
    expect(await expiresIn()).toEqual([hour, 2])
    await grant(own, account.email, 'STAFF')
    expect(await expiresIn()).toEqual([hour / 2, 2])
  })

  test('limits nobody with ROLE_SESSION_LIMITS=none', async () => {
    const own = await serverForThisTest({ ROLE_SESSION_LIMITS: 'none' })
    const { client } = await signedInAdministrator(own, 'cookie')
    await own.time.advance({ seconds: 6 * day })

    expect((await client.me()).status).toBe(200)
  })

  test('never lengthens what the other settings allow', async () => {
    const own = await serverForThisTest({
      ROLE_SESSION_LIMITS: 'ADMIN:20d/60d',
      REFRESH_TOKEN_EXPIRE_DAYS: '1',
      SESSION_ABSOLUTE_DAYS: '2',
    })
    const { client, answer } = await signedInAdministrator(own, 'cookie')

    expect(answer.body.expires_in).toBe(day)
    expect(secondsUntil(own, (await client.me()).body.session.expires_at)).toBeLessThanOrEqual(2 * day)
  })
})

describe('what a client is told of its ends', () => {
  test('agrees with the limits of its roles: sign-in, refresh, me, list and cookie', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    const { client, answer } = await signedInAdministrator(own, 'cookie')
    await own.time.advance({ seconds: 600 })
    const refreshed = await client.refresh()
    const listed = (await client.send('/api/auth/sessions')).body.sessions[0]
    const { session } = (await client.me()).body

    expect(answer.body.expires_in).toBe(30 * 60)
    expect(answer.headers.getSetCookie()[0]).toMatch(/; Max-Age=43200$/)
    expect(refreshed.body.expires_in).toBe(30 * 60)
    expect(refreshed.headers.getSetCookie()[0]).toMatch(/; Max-Age=42600$/)
    expect(session.expires_at).toBe(listed.expires_at)
    expect(Date.parse(session.expires_at) - Date.parse(session.created_at)).toBe(12 * hour * 1000)
  })

  test('near the absolute end no idle time is promised beyond it, nor an access token', async () => {
    const own = await serverForThisTest({ ROLE_SESSION_LIMITS: 'ADMIN:5m/8m' })
    await stopDatabaseTime(own)
    const { client, account } = await signedInAdministrator(own, 'cookie')
    const bearer = own.client()
    await bearer.login(account)
    await own.time.advance({ seconds: 300 })

    expect((await client.refresh()).body.expires_in).toBe(180)
    expect((await bearer.refresh()).body.expires_in).toBe(180)
  })

  test('while roles come and go the cookie stays the same, byte for byte', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client, 'cookie')
    const cookies = () => [...client.cookies].filter(([name]) => name.startsWith('session'))
    const [before] = cookies()
    await grant(own, account.email)
    await client.refresh()
    const [asAdministrator] = cookies()
    await takeAway(own, account.email)
    await client.refresh()

    expect(asAdministrator).toEqual(before)
    expect(cookies()[0]).toEqual(before)
  })
})

test('whoever moves the beginning or the last use of a session back by hand ends it at once', async () => {
  const own = await serverForThisTest()
  for (const column of ['created_at', 'last_used_at']) {
    const { client } = await signedInAdministrator(own)
    const { session } = (await client.me()).body

    await own.database.sql(`UPDATE sessions SET ${column} = ${column} - interval '13 h' WHERE id = $1`, [
      session.id,
    ])

    expect(await client.me(), column).toBeProblem(401, 'session_ended')
  }
})
