import { expect, test } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'

const server = useServer()

test('me tells who is signed in and by which session, over both transports', async () => {
  for (const transport of ['bearer', 'cookie'] as const) {
    const client = server.client()
    const account = await signIn(client, transport)

    const me = await client.me()

    expect(me.status).toBe(200)
    expect(me.body).toMatchObject({
      email: account.email,
      username: account.username,
      roles: ['USER'],
      email_verified: false,
      session: { kind: transport, amr: ['pwd'] },
    })
    expect(me.body.id).toBeTypeOf('number')
  }
})

test('without a credential me is 401 and says how to sign in, without calling it an invalid token', async () => {
  const me = await server.client().me()

  expect(me).toBeProblem(401, 'unauthenticated')
  expect(me.headers.get('www-authenticate')).toBe('Bearer realm="localhost:8000"')
})

test('an access token is told to be expired only while its session lives', async () => {
  const { client, time } = await serverForThisTest().then((own) => ({ client: own.client(), time: own.time }))
  await signIn(client)
  await time.advance({ seconds: 600 + 31 })

  expect(await client.me()).toBeProblem(401, 'token_expired')
  await client.logout()

  const afterwards = await client.me()
  expect(afterwards).toBeProblem(401, 'session_ended')
  expect(afterwards.body.ended_reason).toBe('signed_out')
})
