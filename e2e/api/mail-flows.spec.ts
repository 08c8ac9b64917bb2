import { newAccount } from '#test/support/api-client.ts'
import { expect, test } from '../support/api.ts'
import { mailFor, register, signInProven } from '../support/mail-scenes.ts'
import { mailReceivedBy } from '../support/post-office.ts'

const fresh = 'an entirely new ferry'

test('the link of a registration comes over the wire, proves the address once, and leads to our pages', async ({
  server,
}) => {
  const client = server.client()
  const { account, verification } = await register(client)
  const { token, link, html, messageId } = verification
  expect(link).toBe(`${server.url}/verify?token=${token}`)
  expect(html).toContain(token)
  expect(messageId).toMatch(/^<[0-9a-f-]{36}@/)

  expect((await client.send('/api/auth/verify-email', { json: { token } })).status).toBe(200)

  await client.login(account)
  expect((await client.me()).body.email_verified).toBe(true)
  expect(await client.send('/api/auth/verify-email', { json: { token } })).toBeProblem(400, 'link_used')
  await mailFor(account.email, 'welcome')
})

test('the code of the same message works on another device; five wrong ones make it void, not the link', async ({
  server,
}) => {
  const { account, verification } = await register(server.client())
  const { code } = verification
  const prove = (tried: string) =>
    server.client().send('/api/auth/verify-email', { json: { email: account.email, code: tried } })
  const wrong = code === '000000' ? '000001' : '000000'
  expect(await prove(wrong)).toBeProblem(400, 'link_invalid')
  expect((await prove(`${code.slice(0, 3)}-${code.slice(3)}`)).status).toBe(200)

  const second = await register(server.client())
  for (let tries = 0; tries < 5; tries += 1) {
    const json = { email: second.account.email, code: second.verification.code === wrong ? '000002' : wrong }
    expect(await server.client().send('/api/auth/verify-email', { json })).toBeProblem(400, 'link_invalid')
  }
  const late = { email: second.account.email, code: second.verification.code }
  expect(await server.client().send('/api/auth/verify-email', { json: late })).toBeProblem(
    400,
    'link_invalid',
  )
  const byLink = { token: second.verification.token }
  expect((await server.client().send('/api/auth/verify-email', { json: byLink })).status).toBe(200)
})

test('of twenty uses of one link at once one wins', async ({ server }) => {
  const { verification } = await register(server.client())
  const json = { token: verification.token }

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => server.client().send('/api/auth/verify-email', { json })),
  )

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const answer of answers.filter(({ status }) => status !== 200 && status !== 503))
    expect(answer).toBeProblem(400, 'link_used')
})

test('the message is sent again, with the same answer for an address that nobody has', async ({ server }) => {
  const { account } = await register(server.client())
  const resend = (email: string) => server.client().send('/api/auth/verify-email/resend', { json: { email } })
  const { email: unknown } = newAccount()

  const [known, nobody] = [await resend(account.email), await resend(unknown)]

  expect(known.body).toEqual(nobody.body)
  await mailFor(account.email, 'verification', 2)
  expect(await mailReceivedBy(unknown)).toEqual([])
})

test('who did not register removes the account, and whoever uses it is signed out', async ({ server }) => {
  const stranger = server.client()
  const { account, verification } = await register(stranger)
  await stranger.login(account)

  const json = { token: verification.token }
  expect((await server.client().send('/api/auth/verify-email/disown', { json })).status).toBe(200)

  expect(await stranger.me()).toBeProblem(401, 'session_ended')
  expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
})

test('a forgotten password is replaced by the link, which ends every session and signs nobody in', async ({
  server,
}) => {
  const client = server.client()
  const { account } = await signInProven(client)
  const forgot = (email: string) => server.client().send('/api/auth/forgot-password', { json: { email } })
  const known = await forgot(account.email)
  expect(known.body).toEqual((await forgot(newAccount().email)).body)
  const { token, link } = await mailFor(account.email, 'reset')
  expect(link).toBe(`${server.url}/reset?token=${token}`)
  const reset = (new_password: string) =>
    server.client().send('/api/auth/reset-password', { json: { token, new_password } })
  expect(await reset('password123')).toBeProblem(422, 'weak_password')

  const answer = await reset(fresh)

  expect(answer.status).toBe(200)
  expect(answer.headers.getSetCookie()).toEqual([])
  expect((await client.me()).body.ended_reason).toBe('password_reset')
  expect(await client.login(account)).toBeProblem(401, 'invalid_credentials')
  expect((await client.login({ ...account, password: fresh })).status).toBe(200)
  expect(await reset('yet another ferry here')).toBeProblem(400, 'link_used')
})

test('another address is confirmed from the new mailbox, and undone from the old one', async ({ server }) => {
  const client = server.client()
  const { account } = await signInProven(client)
  const { email: to } = newAccount()
  const wanted = { new_email: to, password: account.password }
  expect((await client.send('/api/auth/change-email', { json: wanted })).status).toBe(200)
  expect((await client.me()).body.email).toBe(account.email)
  const confirmation = await mailFor(to, 'confirmation')
  const confirm = { json: { token: confirmation.token } }

  expect((await server.client().send('/api/auth/change-email/confirm', confirm)).status).toBe(200)

  expect((await client.me()).body.email).toBe(to)
  const notice = await mailFor(account.email, 'notice')
  expect(notice.text).toContain(to)
  const undo = { json: { token: notice.token } }
  expect((await server.client().send('/api/auth/change-email/undo', undo)).status).toBe(200)
  expect(await client.me()).toBeProblem(401, 'session_ended')
  const { token } = await mailFor(account.email, 'reset')
  const json = { token, new_password: fresh }
  expect((await server.client().send('/api/auth/reset-password', { json })).status).toBe(200)
  expect((await client.login({ ...account, password: fresh })).body.user.email).toBe(account.email)
})

test('a change of address that is cancelled cannot be confirmed', async ({ server }) => {
  const client = server.client()
  const { account } = await signInProven(client)
  const { email: to } = newAccount()
  const wanted = { new_email: to, password: account.password }
  await client.send('/api/auth/change-email', { json: wanted })
  const { token } = await mailFor(to, 'confirmation')

  expect((await client.send('/api/auth/change-email', { method: 'DELETE' })).status).toBe(200)

  const answer = await server.client().send('/api/auth/change-email/confirm', { json: { token } })
  expect(answer).toBeProblem(400, 'link_invalid')
})

test('an account is deleted with its password, and a sign-in takes that back', async ({ server }) => {
  const client = server.client()
  const { account } = await signInProven(client)
  const remove = (password: string) => client.send('/api/auth/me', { method: 'DELETE', json: { password } })
  expect(await remove('some other words')).toBeProblem(400, 'wrong_password')

  expect((await remove(account.password)).status).toBe(200)

  expect((await client.me()).body.ended_reason).toBe('user_deleted')
  await mailFor(account.email, 'deletion')
  expect((await client.login(account)).status).toBe(200)
})

test('whatever carries the cookie of a signed-in browser is refused from a foreign page', async ({
  server,
}) => {
  const client = server.client()
  const { account } = await client.register()
  await client.login({ ...account, transport: 'cookie' })
  const headers = { origin: 'https://evil.example' }
  const requests = [
    ['POST', '/api/auth/change-email', { new_email: newAccount().email, password: account.password }],
    ['DELETE', '/api/auth/change-email', undefined],
    ['PATCH', '/api/auth/me', { username: newAccount().username }],
    ['DELETE', '/api/auth/me', { password: account.password }],
  ] as const

  for (const [method, path, json] of requests)
    expect(await client.send(path, { method, headers, ...(json && { json }) })).toBeProblem(
      403,
      'origin_refused',
    )
})
