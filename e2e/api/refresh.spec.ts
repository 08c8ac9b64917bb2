import { signIn } from '#test/support/api-client.ts'
import { expect, test } from '../support/api.ts'

test('a refresh hands out the shape of a sign-in with new tokens', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const { refreshToken } = client

  const { status, body } = await client.refresh()

  expect(status).toBe(200)
  expect(body).toMatchObject({ token_type: 'bearer', expires_in: 600 })
  expect(body.refresh_token).not.toBe(refreshToken)
  expect((await client.me()).status).toBe(200)
})

test('twenty parallel refreshes of one token get one and the same successor', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const refreshToken = client.refreshToken ?? ''

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => server.client().refresh({ refreshToken })),
  )

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1)
  expect(answers[0]?.body.refresh_token).toMatch(/\.2\.\d+\./)
})

test('the token before comes again after a lost answer, and earns the same successor', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const refreshToken = client.refreshToken ?? ''
  const first = await client.refresh({ refreshToken })

  const again = await client.refresh({ refreshToken })

  expect(again.body.refresh_token).toBe(first.body.refresh_token)
})

test('an access token is no refresh token, and a refresh token no access token', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const { accessToken, refreshToken } = client

  expect(await client.refresh({ refreshToken: accessToken ?? '' })).toBeProblem(401, 'invalid_refresh_token')
  client.accessToken = refreshToken
  expect(await client.me()).toBeProblem(401, 'invalid_token')
})

test('an altered refresh token is refused and harms nobody', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const genuine = client.refreshToken ?? ''
  const altered = [
    genuine.replace(/^./, (c) => (c === 'a' ? 'b' : 'a')),
    genuine.replace('.1.', '.2.'),
    `${genuine}A`,
  ]

  for (const refreshToken of [...altered, '', 'x', genuine.slice(0, -1)]) {
    expect(await client.refresh({ refreshToken })).toBeProblem(401, 'invalid_refresh_token')
  }
  expect((await client.refresh({ refreshToken: genuine })).status).toBe(200)
})

test('a cookie session is extended with the very same cookie', async ({ server }) => {
  const client = server.client()
  await signIn(client, 'cookie')
  const before = new Map(client.cookies)

  const answer = await client.send('/api/auth/refresh', { method: 'POST', headers: { origin: server.url } })

  expect(answer.status).toBe(200)
  expect(Object.keys(answer.body).toSorted()).toEqual(['expires_in', 'user'])
  expect([...client.cookies]).toEqual([...before])
})

test('a refresh without anything to refresh is 401', async ({ server }) => {
  const answer = await server.client().send('/api/auth/refresh', { method: 'POST' })

  expect(answer).toBeProblem(401, 'invalid_refresh_token')
  expect(answer.headers.get('www-authenticate')).not.toContain('error')
})

test('a cookie value is no bearer token, and an access token no cookie', async ({ server }) => {
  const cookie = server.client()
  await signIn(cookie, 'cookie')
  const bearer = server.client()
  await signIn(bearer)
  const [name = '', value = ''] = [...cookie.cookies].find(([one]) => one.startsWith('session_')) ?? []

  const asBearer = await server
    .client()
    .send('/api/auth/me', { headers: { authorization: `Bearer ${value}` } })
  const asCookie = await server
    .client()
    .send('/api/auth/me', { headers: { cookie: `${name}=${bearer.accessToken}` } })

  expect(asBearer).toBeProblem(401, 'invalid_token')
  expect(asCookie).toBeProblem(401, 'invalid_token')
})
