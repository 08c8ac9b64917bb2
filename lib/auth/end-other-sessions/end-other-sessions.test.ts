import { expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, testAppUrl, useServer } from '#test/support/harness.ts'

const server = useServer()

function endOthers(client: ApiClient, headers: Record<string, string> = { origin: testAppUrl }) {
  return client.send('/api/auth/sessions', { method: 'DELETE', headers })
}

/** A user with this session and two others, one of each kind. */
async function threeSessions(transport: 'bearer' | 'cookie' = 'bearer') {
  const client = server.client()
  const account = await signIn(client, transport)
  const app = server.client()
  await app.login(account)
  const browser = server.client()
  await browser.login({ ...account, transport: 'cookie' })
  return { client, account, others: [app, browser] }
}

test('all other sessions end and are told that the user revoked them; this one goes on, over both transports', async () => {
  for (const transport of ['bearer', 'cookie'] as const) {
    const { client, others } = await threeSessions(transport)

    const answer = await endOthers(client)

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ ended: 2 })
    for (const other of others) {
      for (const refused of [await other.me(), await other.refresh()]) {
        expect(refused).toBeProblem(401, 'session_ended')
        expect(refused.body.ended_reason).toBe('revoked_by_user')
      }
    }
    expect((await client.me()).status).toBe(200)
    expect((await client.refresh()).status).toBe(200)
    expect((await client.me()).status).toBe(200)
  }
})

test('a second time there is nothing left to end', async () => {
  const { client } = await threeSessions()
  await endOthers(client)

  expect((await endOthers(client)).body).toEqual({ ended: 0 })
  expect((await client.me()).status).toBe(200)
})

test('sessions that had ended before keep their reason and are not counted', async () => {
  const { client, others } = await threeSessions()
  const [app] = others
  await app?.logout()

  expect((await endOthers(client)).body).toEqual({ ended: 1 })
  expect((await app?.me())?.body.ended_reason).toBe('signed_out')
})

test('sessions of other users stay', async () => {
  const { client } = await threeSessions()
  const { client: stranger } = await threeSessions()

  await endOthers(client)

  expect((await stranger.me()).status).toBe(200)
})

test('a sign-in that was under way with the password of before gets no session', async () => {
  const own = await serverForThisTest()
  const client = own.client()
  const account = await signIn(client)
  const passwords = own.runtime.passwords
  own.runtime.passwords = {
    ...passwords,
    async verify(storedHash, presented) {
      const verdict = await passwords.verify(storedHash, presented)
      expect((await endOthers(client)).status).toBe(200)
      return verdict
    },
  }

  expect(await own.client().login(account)).toBeProblem(401, 'invalid_credentials')
  expect((await client.send('/api/auth/sessions')).body.sessions).toMatchObject([{ current: true }])
})

test('of parallel calls from all sessions one wins, and the others are told that theirs is over', async () => {
  const { client, others } = await threeSessions()

  const answers = await Promise.all([client, ...others].map((one) => endOthers(one)))

  const winners = answers.filter(({ status }) => status === 200)
  expect(winners.map(({ body }) => body)).toEqual([{ ended: 2 }])
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect(answer).toBeProblem(401, 'session_ended')
    expect(answer.body.ended_reason).toBe('revoked_by_user')
  }
})

test('of parallel calls of one session none is told that it is over', async () => {
  const client = server.client()
  await signIn(client)

  const answers = await Promise.all(
    Array.from({ length: 4 }, () => client.send('/api/auth/sessions', { method: 'DELETE', json: {} })),
  )

  const statuses = answers.map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([200, 503]))
  const refused = answers.find(({ status }) => status === 503)
  expect(refused).toBeProblem(503, 'unavailable')
  expect(refused?.headers.get('retry-after')).toBe('1')
  expect((await client.me()).status).toBe(200)
})

test('without a session it is 401; with the cookie a foreign origin is 403 and ends nothing', async () => {
  const { client, others } = await threeSessions('cookie')
  expect(await endOthers(server.client())).toBeProblem(401, 'unauthenticated')
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}] as Record<
    string,
    string
  >[]) {
    expect(await endOthers(client, headers)).toBeProblem(403, 'origin_refused')
  }
  for (const other of others) expect((await other.me()).status).toBe(200)
})
