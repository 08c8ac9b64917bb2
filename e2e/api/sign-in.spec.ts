import { newAccount, signIn } from '#test/support/api-client.ts'
import { expect, test } from '../support/api.ts'

test('a sign-in hands out tokens in the form the old backend had', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()

  const { status, body } = await client.login(account)

  expect(status).toBe(200)
  expect(body).toMatchObject({ token_type: 'bearer', expires_in: 600, user: { email: account.email } })
  expect(body.access_token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  expect(typeof body.user.id).toBe('number')
})

test('the user name signs in as well as the address, in any letters', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()

  expect((await client.login({ ...account, email: account.username.toUpperCase() })).status).toBe(200)
  expect((await client.login({ ...account, email: account.email.toUpperCase() })).status).toBe(200)
})

test('an unknown account and a wrong password are answered alike', async ({ server }) => {
  const { account } = await server.client().register()
  const wrong = await server.client().login({ ...account, password: 'not this one' })
  const unknown = await server.client().login({ ...newAccount(), password: 'not this one' })

  expect(wrong).toBeProblem(401, 'invalid_credentials')
  expect(wrong.body.detail).toBe('Invalid email or password')
  const comparable = (answer: typeof wrong) => ({
    ...answer.body,
    request_id: null,
    names: [...answer.headers.keys()],
    limit: answer.headers.get('ratelimit'),
  })
  expect(comparable(unknown)).toEqual(comparable(wrong))
})

test('the sixth wrong try waits, from wherever it comes; other accounts do not', async ({ server }) => {
  const { account } = await server.client().register()
  for (let count = 0; count < 5; count++) {
    expect(await server.client().login({ ...account, password: 'wrong' })).toBeProblem(
      401,
      'invalid_credentials',
    )
  }

  const sixth = await server.client().login(account)

  expect(sixth).toBeProblem(429, 'rate_limited')
  expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(sixth.headers.get('ratelimit')).toContain('r=0')
  await signIn(server.client())
})

test('of fifty wrong tries at once at most five are looked at', async ({ server }) => {
  const { account } = await server.client().register()

  const answers = await Promise.all(
    Array.from({ length: 50 }, () => server.client().login({ ...account, password: 'wrong' })),
  )

  const lookedAt = answers.filter(({ status }) => status === 401)
  expect(lookedAt.length).toBeLessThanOrEqual(5)
  for (const answer of answers.filter(({ status }) => status !== 401))
    expect(answer).toBeProblem(429, 'rate_limited')
})

test('twenty refused tries from one address are enough, whatever accounts they try', async ({ server }) => {
  const client = server.client()
  const { account } = await server.client().register()
  for (let count = 0; count < 20; count++) await client.login({ ...newAccount() })

  expect(await client.login(account)).toBeProblem(429, 'rate_limited')
  expect((await server.client().login(account)).status).toBe(200)
})

test('right sign-ins are never counted', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()

  for (let count = 0; count < 8; count++) expect((await client.login(account)).status).toBe(200)
})

test('a known browser is let in while a stranger has used up the tries of the account', async ({
  server,
}) => {
  const owner = server.client()
  const account = await signIn(owner, 'cookie')
  for (let count = 0; count < 6; count++) await server.client().login({ ...account, password: 'wrong' })

  expect(await server.client().login(account)).toBeProblem(429, 'rate_limited')
  expect((await owner.login({ ...account, transport: 'cookie' })).status).toBe(200)
})

test('the cookie transport sets a cookie and no token anywhere else', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()

  const answer = await client.login({ ...account, transport: 'cookie' })

  expect(answer.status).toBe(200)
  expect(Object.keys(answer.body).toSorted()).toEqual(['expires_in', 'user'])
  const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('session_')) ?? ''
  expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/)
  expect((await client.me()).status).toBe(200)
})

test('without remember the browser forgets the cookie', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()

  const answer = await client.login({ ...account, transport: 'cookie', remember: false })

  const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('session_')) ?? ''
  expect(cookie).not.toContain('Max-Age')
  expect(answer.body.expires_in).toBe(12 * 3600)
})

for (const [what, headers] of Object.entries({
  'a foreign origin': { origin: 'https://evil.example' },
  'the origin null': { origin: 'null' },
  'another site without an origin': { 'sec-fetch-site': 'cross-site' },
  'neither origin nor fetch metadata': {},
})) {
  test(`${what} may not ask for a cookie`, async ({ server }) => {
    const client = server.client()
    const { account } = await client.register()

    const answer = await client.send('/api/auth/login', {
      json: { ...account, transport: 'cookie' },
      headers,
    })

    expect(answer).toBeProblem(403, 'origin_refused')
    expect(answer.headers.getSetCookie()).toEqual([])
  })
}

test('a bearer sign-in needs no origin', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()
  const headers = { origin: 'https://evil.example' }

  const answer = await client.send('/api/auth/login', { json: account, headers })

  expect(answer.status).toBe(200)
  expect(answer.headers.get('access-control-allow-origin')).toBe(null)
})

test('a second sign-in of the same browser ends its first session', async ({ server }) => {
  const client = server.client()
  const account = await signIn(client, 'cookie')
  const earlier = new Map(client.cookies)
  await client.login({ ...account, transport: 'cookie' })

  client.cookies = earlier

  expect(await client.me()).toBeProblem(401, 'session_ended')
})
