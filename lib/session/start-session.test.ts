import { describe, expect, test } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'

const server = useServer()
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

interface Origin {
  client_address: string | null
  device: string | null
  user_agent: string | null
}

/** What the newest session says of the client that began it. */
async function originOf(own: TestServer, headers: Record<string, string>, address?: string): Promise<Origin> {
  const { account } = await own.client().register()
  const client = own.client(address === undefined ? {} : { address })
  const answer = await client.send('/api/auth/login', { json: account, headers })
  expect(answer.status).toBe(200)
  const [row] = await own.database.sql<Origin>(
    'SELECT host(client_address) AS client_address, device, user_agent FROM sessions WHERE id = $1',
    [answer.body.refresh_token.split('.')[0]],
  )
  if (!row) throw new Error('no session')
  return row
}

describe('a session remembers', () => {
  test('the address that a trusted proxy names, and without one the other end of the socket', async () => {
    const behindOne = await serverForThisTest({ TRUST_PROXY: '1' })
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' }

    expect((await originOf(behindOne, headers)).client_address).toBe('203.0.113.9')
    expect((await originOf(server, headers, '192.0.2.4')).client_address).toBe('192.0.2.4')
    expect((await originOf(behindOne, { 'x-forwarded-for': 'garbage' }, '192.0.2.4')).client_address).toBe(
      '192.0.2.4',
    )
  })

  test('no address when nothing is known of the other end', async () => {
    expect((await originOf(server, {}, '')).client_address).toBeNull()
  })

  test('a name for the browser, once, and at most 512 characters of what it says of itself', async () => {
    const named = await originOf(server, { 'user-agent': firefox })
    const long = await originOf(server, { 'user-agent': `${firefox} ${'x'.repeat(5000)}` })

    expect(named).toMatchObject({ device: 'Firefox on Linux', user_agent: firefox })
    expect(long.device).toBe('Firefox on Linux')
    expect(long.user_agent).toHaveLength(512)
  })
})

describe('"remember": false', () => {
  test('ends a bearer session too after 12 hours without a refresh; by default that is 7 days', async () => {
    const own = await serverForThisTest()
    const remembered = own.client()
    const account = await signIn(remembered)
    const forgotten = own.client()
    await forgotten.login({ ...account, remember: false })
    await own.time.advance({ seconds: 12 * 3600 + 30 })
    expect((await forgotten.refresh()).status).toBe(200)
    await own.time.advance({ seconds: 12 * 3600 + 61 })

    expect((await forgotten.refresh()).body.ended_reason).toBe('idle')
    expect((await remembered.refresh()).status).toBe(200)
  })
})
