import { newAccount, signIn } from '#test/support/api-client.ts'
import { expect, test } from '../support/api.ts'

test('another user name is taken on at once, and the old one is free', async ({ server }) => {
  const client = server.client()
  const account = await signIn(client)
  const { username } = newAccount()
  const change = (name: string) => client.send('/api/auth/me', { method: 'PATCH', json: { username: name } })

  expect((await change(username)).status).toBe(200)

  expect((await client.me()).body.username).toBe(username)
  expect((await server.client().register({ username: account.username })).status).toBe(200)
  expect(await change(account.username)).toBeProblem(400, 'username_taken')
  expect(await change('two words')).toBeProblem(422, 'invalid_request')
})

test('the export holds what is kept about me, and no secret', async ({ server }) => {
  const client = server.client()
  const account = await signIn(client)

  const answer = await client.send('/api/auth/export')

  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-disposition')).toContain('my-data.json')
  expect(answer.body.profile.email).toBe(account.email)
  expect(answer.body.sessions).toHaveLength(1)
  const names = answer.body.events.map(({ name }: { name: string }) => name)
  for (const name of ['account_registered', 'data_exported']) expect(names).toContain(name)
  expect(answer.body.mails).toContainEqual(expect.objectContaining({ template: 'verify_email' }))
  for (const secret of [account.password, client.accessToken ?? '', client.refreshToken ?? '', '$argon2'])
    expect(answer.text).not.toContain(secret)
  expect(await server.client().send('/api/auth/export')).toBeProblem(401, 'unauthenticated')
})

test('a refusal of each new operation names the field that needs attention', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const refused = [
    ['POST', '/api/auth/forgot-password', { email: 'no address' }, 'email'],
    ['POST', '/api/auth/reset-password', { token: 'x' }, 'new_password'],
    ['POST', '/api/auth/verify-email', {}, 'code'],
    ['POST', '/api/auth/change-email', { password: 'x' }, 'new_email'],
    ['PATCH', '/api/auth/me', {}, 'username'],
    ['DELETE', '/api/auth/me', { surprise: 1 }, 'surprise'],
  ] as const

  for (const [method, path, json, field] of refused) {
    const answer = await client.send(path, { method, json })
    expect(answer, path).toBeProblem(422, 'invalid_request')
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ field }))
  }
})

test('password managers find the page on which a password is changed', async ({ server }) => {
  const answer = await server.client().send('/.well-known/change-password')

  if (!server.hasPages) return expect(answer).toBeProblem(404, 'not_found')
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toBe(`${server.url}/account/security#password`)
})
