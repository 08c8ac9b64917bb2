import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { testAppUrl, useServer } from '#test/support/harness.ts'

const server = useServer()

function idOf({ refreshToken }: ApiClient): string {
  return refreshToken?.split('.')[0] ?? ''
}

function end(client: ApiClient, id: string, headers: Record<string, string> = {}) {
  return client.send(`/api/auth/sessions/${id}`, { method: 'DELETE', headers })
}

async function twoSessions() {
  const client = server.client()
  const account = await signIn(client)
  const other = server.client()
  await other.login(account)
  return { client, other, account }
}

describe('one session is ended', () => {
  test('another one of mine: it is told that the user revoked it, and mine goes on', async () => {
    const { client, other } = await twoSessions()

    const answer = await end(client, idOf(other))

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ ended: 1 })
    for (const refused of [await other.me(), await other.refresh()]) {
      expect(refused).toBeProblem(401, 'session_ended')
      expect(refused.body.ended_reason).toBe('revoked_by_user')
    }
    expect((await client.me()).status).toBe(200)
  })

  test('my own: that is a sign-out', async () => {
    const { client, other } = await twoSessions()

    expect((await end(client, idOf(client))).body).toEqual({ ended: 1 })

    expect((await client.me()).body.ended_reason).toBe('signed_out')
    expect((await other.me()).status).toBe(200)
  })

  test('an id in capitals is the same id', async () => {
    const { client, other } = await twoSessions()

    expect((await end(client, idOf(other).toUpperCase())).status).toBe(200)
    expect(await other.me()).toBeProblem(401, 'session_ended')
  })
})

describe('whatever is not a live session of mine is 404', () => {
  test('a session of another user, which goes on', async () => {
    const { client } = await twoSessions()
    const { client: stranger } = await twoSessions()

    expect(await end(client, idOf(stranger))).toBeProblem(404, 'not_found')
    expect((await stranger.me()).status).toBe(200)
  })

  test('one that has ended, so a second time is 404', async () => {
    const { client, other } = await twoSessions()
    await end(client, idOf(other))

    expect(await end(client, idOf(other))).toBeProblem(404, 'not_found')
  })

  test('one that nobody has, and anything of another form', async () => {
    const { client } = await twoSessions()
    const ids = [
      '01890000-0000-7000-8000-000000000000',
      '1',
      'current',
      'x'.repeat(500),
      `${idOf(client)}0`,
      `%20${idOf(client)}`,
      `${idOf(client)}%00`,
      `${idOf(client)}'--`,
      '%F0%9F%A6%89',
      '%ff',
      '%',
    ]
    for (const id of ids) expect(await end(client, id), id).toBeProblem(404, 'not_found')
    expect((await client.me()).status).toBe(200)
  })
})

describe('who may end it, and how', () => {
  test('without a session it is 401, whatever the id', async () => {
    const { client } = await twoSessions()
    for (const id of [idOf(client), 'malformed']) {
      expect(await end(server.client(), id)).toBeProblem(401, 'unauthenticated')
    }
    expect((await client.me()).status).toBe(200)
  })

  test('with the cookie a foreign origin is 403 and ends nothing', async () => {
    const { other, account } = await twoSessions()
    const browser = server.client()
    await browser.login({ ...account, transport: 'cookie' })
    for (const headers of [{ origin: 'https://evil.example' }, {}] as Record<string, string>[]) {
      expect(await end(browser, idOf(other), headers)).toBeProblem(403, 'origin_refused')
    }
    expect((await other.me()).status).toBe(200)
    expect((await end(browser, idOf(other), { origin: testAppUrl })).status).toBe(200)
  })

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH'])('%s is 405 and says what is allowed', async (method) => {
    const { client, other } = await twoSessions()

    const answer = await client.send(`/api/auth/sessions/${idOf(other)}`, { method })

    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('DELETE, OPTIONS')
    expect((await other.me()).status).toBe(200)
  })
})
