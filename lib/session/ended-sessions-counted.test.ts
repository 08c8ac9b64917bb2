import { expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'

/** Sessions ended so far, by reason. */
async function endedBy({ runtime }: TestServer): Promise<Record<string, number>> {
  const text = await runtime.metrics.expose()
  const lines = text.matchAll(/^auth_session_ended_total\{outcome="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, reason, count]) => [reason, Number(count)]))
}

async function signedInTimes(own: TestServer, times: number, kind: 'bearer' | 'cookie' = 'bearer') {
  const first = own.client()
  const account = await signIn(first, kind)
  const clients: ApiClient[] = [first]
  while (clients.length < times) {
    const client = own.client()
    await client.login({ ...account, transport: kind })
    clients.push(client)
  }
  const [client = first, second = first] = clients
  return { account, client, second }
}

const idOf = ({ refreshToken }: ApiClient) => refreshToken?.split('.')[0]

test('a sign-out counts each session it ended, and a second one none', async () => {
  const own = await serverForThisTest()
  const { client } = await signedInTimes(own, 1)
  await client.logout()
  await client.logout()

  expect(await endedBy(own)).toEqual({ signed_out: 1 })
})

test('one ended from the list counts as revoked, my own as a sign-out', async () => {
  const own = await serverForThisTest()
  const { client, second } = await signedInTimes(own, 2)
  for (const id of [idOf(second), idOf(second), idOf(client)])
    await client.send(`/api/auth/sessions/${id}`, { method: 'DELETE' })

  expect(await endedBy(own)).toEqual({ revoked_by_user: 1, signed_out: 1 })
})

test('ending all others counts each of them that was alive', async () => {
  const own = await serverForThisTest()
  const { client, second } = await signedInTimes(own, 5)
  await second.logout()
  await client.send('/api/auth/sessions', { method: 'DELETE' })

  expect(await endedBy(own)).toEqual({ signed_out: 1, revoked_by_user: 3 })
})

test('a password change counts the sessions that it ends, not the bearer session that stays', async () => {
  const own = await serverForThisTest()
  const { client, account } = await signedInTimes(own, 4)
  const { status } = await client.send('/api/auth/change-password', {
    json: { current_password: account.password, new_password: 'a brand new harbour' },
  })

  expect(status).toBe(200)
  expect(await endedBy(own)).toEqual({ password_changed: 3 })
})

test('a refused password change counts none', async () => {
  const own = await serverForThisTest()
  const { client } = await signedInTimes(own, 2)
  await client.send('/api/auth/change-password', {
    json: { current_password: 'not the right one', new_password: 'a brand new harbour' },
  })

  expect(await endedBy(own)).toEqual({})
})

test('a reused refresh token counts once, however often it comes again', async () => {
  const own = await serverForThisTest({ REFRESH_LOST_ANSWER_SECONDS: '0' })
  const { client } = await signedInTimes(own, 1)
  const stale = client.refreshToken ?? ''
  await client.refresh()
  await own.time.advance({ seconds: 11 })
  for (let time = 0; time < 3; time += 1)
    expect((await client.refresh({ refreshToken: stale })).body.ended_reason).toBe('refresh_reuse')

  expect(await endedBy(own)).toEqual({ refresh_reuse: 1 })
})

test('a sign-in that replaces the session of its browser counts that one', async () => {
  const own = await serverForThisTest()
  const { client, account } = await signedInTimes(own, 1, 'cookie')
  await client.login({ ...account, transport: 'cookie' })

  expect(await endedBy(own)).toEqual({ signed_out: 1 })
})
