import { describe, expect, test } from 'vitest'
import { begin, newPerson, passProvider, socialStageForThisTest } from '#test/support/social-scenes.ts'

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
    const client = server.client()
    const { cookie, id } = await provider.openFlow({ person: newPerson(), faults: ['token-refused'] })
    const back = new URL(await passProvider(await begin(client, 'oidc'), `${cookie.name}=${cookie.value}`))
    const cookies = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const again = () =>
      server.client({ address: '192.0.2.7' }).send(`${back.pathname}${back.search}`, {
        headers: { cookie: cookies },
      })

    const answers = await Promise.all(Array.from({ length: 150 }, again))

    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30)
    const redeemed = (await provider.requests(id)).filter(({ endpoint }) => endpoint === 'token')
    expect(redeemed.length).toBeLessThanOrEqual(120)
  })
})
