import { newAccount } from '#test/support/api-client.ts'
import { expect, test } from '../support/api.ts'

test('a new account is told apart from nobody: 200, the user, and no session', async ({ server }) => {
  const answer = await server.client().register()

  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    status: 'success',
    user: { email: answer.account.email, roles: ['USER'] },
  })
  expect(answer.headers.getSetCookie()).toEqual([])
})

test('an address in other letters is taken', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()

  const again = await client.register({ email: account.email.toUpperCase() })

  expect(again).toBeProblem(400, 'email_taken')
  expect(again.body.detail).toBe('Email already registered')
})

test('a user name in other letters is taken', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()

  expect(await client.register({ username: account.username.toUpperCase() })).toBeProblem(
    400,
    'username_taken',
  )
})

test('of fifty registrations of one address at once exactly one wins', async ({ server }) => {
  const { email } = newAccount()

  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      server.client().register({ email: index % 2 ? email : email.toUpperCase() }),
    ),
  )

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const answer of answers.filter(({ status }) => status !== 200 && status !== 503)) {
    expect(answer).toBeProblem(400, 'email_taken')
  }
})

test('a name of letters, digits, dots of any script is welcome; markup and spaces are not', async ({
  server,
}) => {
  const client = server.client()
  const unique = newAccount().username.slice(-6)

  expect((await client.register({ username: `Ānā.${unique}` })).status).toBe(200)
  expect(await client.register({ username: `<b>${unique}` })).toBeProblem(422, 'invalid_request')
  expect(await client.register({ username: `two ${unique}` })).toBeProblem(422, 'invalid_request')
})

for (const email of [
  'nobody',
  'a@b',
  'a@b@c.example',
  'a b@example.com',
  '"a"@example.com',
  'a@example.com\r\nBcc: x',
]) {
  test(`${JSON.stringify(email)} is no address`, async ({ server }) => {
    const answer = await server.client().register({ email })

    expect(answer).toBeProblem(422, 'invalid_request')
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ field: 'email' }))
  })
}

for (const password of ['short', 'password1', 'qwertyuiop']) {
  test(`the password ${password} is too easy to guess`, async ({ server }) => {
    expect(await server.client().register({ password })).toBeProblem(422, 'weak_password')
  })
}

test('a password made of the user name is too easy to guess', async ({ server }) => {
  const { username } = newAccount()

  expect(await server.client().register({ username, password: `${username}!1` })).toBeProblem(
    422,
    'weak_password',
  )
})

test('a password of 1,025 bytes is refused, one of 1,024 is not', async ({ server }) => {
  const client = server.client()
  const start = `${newAccount().password} öé`
  const exact = start + 'x'.repeat(1024 - Buffer.byteLength(start))

  expect(await client.register({ password: `${exact}y` })).toBeProblem(422, 'invalid_request')
  const { account, status } = await client.register({ password: exact })
  expect(status).toBe(200)
  expect((await client.login(account)).status).toBe(200)
  expect(await client.login({ ...account, password: `${exact}y` })).toBeProblem(401, 'invalid_credentials')
})

test('the eleventh registration within an hour from one address waits', async ({ server }) => {
  const client = server.client()
  const { email } = newAccount()
  for (let count = 0; count < 10; count++) await client.register({ email })

  const eleventh = await client.register()

  expect(eleventh).toBeProblem(429, 'rate_limited')
  expect(Number(eleventh.headers.get('retry-after'))).toBeGreaterThan(3000)
  expect((await server.client().register()).status).toBe(200)
})
