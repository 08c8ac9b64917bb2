import { describe, expect, test } from 'vitest'
import {
  begin,
  dance,
  newPerson,
  obtainCode,
  passProvider,
  socialStageForThisTest,
  startOf,
} from '#test/support/social-scenes.ts'

describe('from one address', () => {
  test('a person with a thousand identities gets ten accounts in an hour; who has one signs in', async () => {
    const stage = await socialStageForThisTest()
    const { server } = stage
    const client = server.client({ address: '192.0.2.9' })
    const known = newPerson()
    const signIn = async (person: ReturnType<typeof newPerson>) =>
      client.send('/api/auth/social/exchange', { json: await obtainCode(stage, { person }) })
    for (let count = 0; count < 10; count += 1)
      expect((await signIn(count === 0 ? known : newPerson())).status).toBe(200)

    expect(await signIn(newPerson())).toBeProblem(429, 'rate_limited')
    expect((await signIn(known)).status).toBe(200)
    const [row] = await server.database.sql('SELECT count(*)::int AS users FROM users')
    expect(row).toEqual({ users: 10 })
  })

  test('codes may be tried sixty times in ten minutes', async () => {
    const { server } = await socialStageForThisTest()
    const client = server.client()
    const json = { code: 'x'.repeat(43), code_verifier: 'x'.repeat(43) }
    const statuses: number[] = []
    for (let count = 0; count < 61; count += 1)
      statuses.push((await client.send('/api/auth/social/exchange', { json })).status)
    expect(statuses.filter((status) => status === 400)).toHaveLength(60)
    expect(statuses.at(-1)).toBe(429)
  })
})

test.each([
  ['the start', startOf().path],
  ['the way back', '/api/auth/callback/oidc?code=x&state=x'],
])('%s is no image: a page cannot spend what its visitors may ask', async (_, path) => {
  const stage = await socialStageForThisTest()
  const client = stage.server.client()
  for (let count = 0; count < 130; count += 1) {
    const destination = ['image', 'iframe', 'empty'][count % 3] ?? ''
    const answer = await client.send(path, { headers: { 'sec-fetch-dest': destination } })
    expect(answer).toBeProblem(403, 'origin_refused')
  }
  expect(await stage.server.database.sql('SELECT 1 FROM audit_events')).toEqual([])

  expect((await client.send(startOf().path, { headers: { 'sec-fetch-dest': 'document' } })).status).toBe(302)
  expect((await dance(stage, client, 'oidc', { person: newPerson() })).answer.status).toBe(303)
})

describe('the way back', () => {
  test('of nobody cannot be used to fill the audit log: from one address it is closed for a while', async () => {
    const { server } = await socialStageForThisTest()
    const client = server.client()
    const statuses: number[] = []
    for (let count = 0; count < 130; count += 1)
      statuses.push((await client.send('/api/auth/callback/oidc?code=x&state=x')).status)

    expect(statuses.filter((status) => status === 400)).toHaveLength(120)
    expect(statuses.at(-1)).toBe(429)
    const [row] = await server.database.sql<{ events: number }>(
      'SELECT count(*)::int AS events FROM audit_events',
    )
    expect(row).toEqual({ events: 120 })
    expect((await server.client().send('/api/auth/callback/oidc?code=x&state=x')).status).toBe(400)
  })

  test('of one dance cannot be used to flood the provider', async () => {
    const { server, provider } = await socialStageForThisTest()
    const client = server.client({ address: '192.0.2.7' })
    const { cookie, id } = await provider.openFlow({ person: newPerson(), faults: ['token-refused'] })
    const back = new URL(await passProvider(await begin(client, 'oidc'), `${cookie.name}=${cookie.value}`))
    const cookies = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const again = () => client.send(`${back.pathname}${back.search}`, { headers: { cookie: cookies } })
    const redeemed = async () =>
      (await provider.requests(id)).filter(({ endpoint }) => endpoint === 'token').length
    expect(await again()).toBeProblem(400, 'social_refused')
    for (let count = 1; count < 120; count += 1)
      await server.runtime.limits.windows.use('dance_end', '192.0.2.7')

    expect(await again()).toBeProblem(429, 'rate_limited')
    expect(await redeemed()).toBe(1)
  })
})
