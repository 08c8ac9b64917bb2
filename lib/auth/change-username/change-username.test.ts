import { expect, test } from 'vitest'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { useServer } from '#test/support/harness.ts'

const server = useServer()

async function signedIn() {
  const client = server.client()
  const account = await signIn(client)
  const rename = (body: object) => client.send('/api/auth/me', { method: 'PATCH', json: body })
  return { client, account, rename }
}

test('a user name is changed, signs in from then on, and the old one is free; the session goes on', async () => {
  const { client, account, rename } = await signedIn()
  const name = `Ｎ${newAccount().username}`

  expect((await rename({ username: name })).status).toBe(200)

  expect((await client.me()).body.username).toBe(name.normalize('NFKC'))
  expect((await server.client().login({ email: name, password: account.password })).status).toBe(200)
  expect(await server.client().login({ email: account.username, password: account.password })).toBeProblem(
    401,
    'invalid_credentials',
  )
  expect((await server.client().register({ username: account.username })).status).toBe(200)
})

test('a name that is taken in other letters, or held by a registration in waiting, is refused', async () => {
  const { account: other } = await server.client().register()
  const { rename, client, account } = await signedIn()
  await server.database.sql(
    `INSERT INTO pending_registrations (id, email, username, password_hash, expires_at)
     VALUES (gen_random_uuid(), 'x@example.com', 'Held.Name', 'x', now() + interval '1 hour'),
       (gen_random_uuid(), 'x@example.com', 'Outlived.Name', 'x', now() - interval '1 hour')`,
  )

  expect(await rename({ username: other.username.toUpperCase() })).toBeProblem(400, 'username_taken')
  expect(await rename({ username: 'held.name' })).toBeProblem(400, 'username_taken')
  expect((await client.me()).body.username).toBe(account.username)
  expect((await rename({ username: 'outlived.name' })).status).toBe(200)
})

test('the name that one has already changes nothing and is no event; in other letters it is another one', async () => {
  const { client, account, rename } = await signedIn()
  const changes = () =>
    server.database.sql(
      `SELECT 1 FROM audit_events WHERE name = 'username_changed'
         AND user_id = (SELECT id FROM users WHERE email = $1)`,
      [account.email],
    )

  expect((await rename({ username: account.username })).status).toBe(200)

  expect((await client.me()).body.username).toBe(account.username)
  expect(await changes()).toEqual([])
  expect((await rename({ username: account.username.toUpperCase() })).status).toBe(200)
  expect((await client.me()).body.username).toBe(account.username.toUpperCase())
  expect(await changes()).toHaveLength(1)
})

test.each([{}, { username: 'two words' }, { username: 'ab' }, { username: 'fine.name', more: 1 }])(
  '%j is refused',
  async (body) => {
    expect(await (await signedIn()).rename(body)).toBeProblem(422, 'invalid_request')
  },
)

test('of ten people who want one name at once exactly one gets it', async () => {
  const people = await Promise.all(Array.from({ length: 10 }, signedIn))
  const { username } = newAccount()

  const answers = await Promise.all(people.map(({ rename }) => rename({ username })))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const answer of answers.filter(({ status }) => status !== 200))
    expect(answer).toBeProblem(400, 'username_taken')
})

test('nobody changes a name without a session, or with a cookie from a foreign page', async () => {
  const rename = { method: 'PATCH', json: { username: newAccount().username } }
  expect(await server.client().send('/api/auth/me', rename)).toBeProblem(401, 'unauthenticated')
  const client = server.client()
  await signIn(client, 'cookie')
  const headers = { origin: 'https://evil.example' }
  expect(await client.send('/api/auth/me', { ...rename, headers })).toBeProblem(403, 'origin_refused')
})
