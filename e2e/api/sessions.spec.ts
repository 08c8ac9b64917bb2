import { signIn } from '#test/support/api-client.ts'
import { expect, test } from '../support/api.ts'

test('signing out ends the session for every credential of it', async ({ server }) => {
  const client = server.client()
  await signIn(client)

  expect((await client.logout()).status).toBe(200)

  const me = await client.me()
  expect(me).toBeProblem(401, 'session_ended')
  expect(me.body.ended_reason).toBe('signed_out')
  expect(me.headers.get('www-authenticate')).toContain('error="invalid_token"')
  expect(await client.refresh()).toBeProblem(401, 'session_ended')
})

test('signing out takes the cookie away', async ({ server }) => {
  const client = server.client()
  await signIn(client, 'cookie')

  const answer = await client.logout()

  expect(answer.headers.getSetCookie()[0]).toMatch(/^session_\d+=; .*Max-Age=0/)
  expect(await client.me()).toBeProblem(401, 'unauthenticated')
})

test('signing out without any session is a success', async ({ server }) => {
  expect((await server.client().send('/api/auth/logout', { method: 'POST' })).status).toBe(200)
})

test('signing out with a cookie from a foreign page is refused, and the session lives', async ({
  server,
}) => {
  const client = server.client()
  await signIn(client, 'cookie')

  const answer = await client.send('/api/auth/logout', {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
  })

  expect(answer).toBeProblem(403, 'origin_refused')
  expect((await client.me()).status).toBe(200)
})

test('the list shows each sign-in, the current one marked, and never a token', async ({ server }) => {
  const first = server.client()
  const account = await signIn(first)
  const second = server.client()
  await second.login({ ...account, transport: 'cookie' })

  const { body, text } = await second.send('/api/auth/sessions')

  expect(body.sessions).toHaveLength(2)
  expect(body.sessions.filter((session: { current: boolean }) => session.current)).toHaveLength(1)
  for (const token of [first.accessToken, first.refreshToken, ...second.cookies.values()]) {
    expect(text).not.toContain(token)
  }
})

test('a browser is named in the list', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()
  const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
  const { body } = await client.send('/api/auth/login', { json: account, headers: { 'user-agent': agent } })
  client.accessToken = body.access_token

  const list = await client.send('/api/auth/sessions')

  expect(list.body.sessions[0].device).toBe('Firefox on Windows')
})

test('one session can be ended from another', async ({ server }) => {
  const here = server.client()
  const account = await signIn(here)
  const there = server.client()
  await there.login(account)
  const { body } = await there.me()

  const answer = await here.send(`/api/auth/sessions/${body.session.id}`, { method: 'DELETE' })

  expect(answer.body).toEqual({ ended: 1 })
  const refused = await there.me()
  expect(refused).toBeProblem(401, 'session_ended')
  expect(refused.body.ended_reason).toBe('revoked_by_user')
  expect((await here.me()).status).toBe(200)
})

test("other people's sessions, ended ones and words are not found", async ({ server }) => {
  const stranger = server.client()
  await signIn(stranger)
  const foreign = (await stranger.me()).body.session.id
  const client = server.client()
  await signIn(client)

  for (const id of [
    foreign,
    '01a203f5-bd26-7214-9f8b-658b824742ea',
    'words',
    '1',
    '%2e%2e',
    foreign.slice(1),
  ]) {
    const answer = await client.send(`/api/auth/sessions/${id}`, { method: 'DELETE' })
    expect(answer).toBeProblem(404, 'not_found')
  }
  expect((await stranger.me()).status).toBe(200)
})

test('all other sessions end at once, also for their refresh tokens', async ({ server }) => {
  const here = server.client()
  const account = await signIn(here)
  const others = [server.client(), server.client(), server.client()]
  for (const other of others) await other.login(account)

  const answer = await here.send('/api/auth/sessions', { method: 'DELETE' })

  expect(answer.body).toEqual({ ended: 3 })
  for (const other of others) {
    expect(await other.me()).toBeProblem(401, 'session_ended')
    expect(await other.refresh()).toBeProblem(401, 'session_ended')
  }
  expect((await here.me()).status).toBe(200)
  expect((await here.refresh()).status).toBe(200)
})

test('reading one session is not an operation', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const { body } = await client.me()

  const answer = await client.send(`/api/auth/sessions/${body.session.id}`)

  expect(answer).toBeProblem(405, 'method_not_allowed')
  expect(answer.headers.get('allow')).toBe('DELETE, OPTIONS')
})

test('a password change ends the other sessions and keeps this one', async ({ server }) => {
  const here = server.client()
  const account = await signIn(here)
  const there = server.client()
  await there.login(account)

  const answer = await here.send('/api/auth/change-password', {
    json: { current_password: account.password, new_password: 'a slow green ferry 42' },
  })

  expect(answer.status).toBe(200)
  expect((await here.me()).status).toBe(200)
  expect((await there.me()).body.ended_reason).toBe('password_changed')
  expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
  expect((await server.client().login({ ...account, password: 'a slow green ferry 42' })).status).toBe(200)
})

test('a password change gives a cookie session a new cookie, and the old one is dead', async ({ server }) => {
  const client = server.client()
  const account = await signIn(client, 'cookie')
  const old = new Map(client.cookies)
  await client.send('/api/auth/change-password', {
    json: { current_password: account.password, new_password: 'a slow green ferry 43' },
    headers: { origin: server.url },
  })

  expect((await client.me()).status).toBe(200)
  client.cookies = old
  expect(await client.me()).toBeProblem(401, 'session_ended')
})

test('a wrong current password is 400, never 401, and is limited', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const json = { current_password: 'wrong', new_password: 'a slow green ferry 44' }
  for (let count = 0; count < 5; count++) {
    expect(await client.send('/api/auth/change-password', { json })).toBeProblem(400, 'wrong_password')
  }

  expect(await client.send('/api/auth/change-password', { json })).toBeProblem(429, 'rate_limited')
  expect((await client.me()).status).toBe(200)
})

test('the new password must differ, and be strong', async ({ server }) => {
  const client = server.client()
  const { password } = await signIn(client)
  const change = (new_password: string) =>
    client.send('/api/auth/change-password', { json: { current_password: password, new_password } })

  const same = await change(password)
  expect(same).toBeProblem(400, 'same_password')
  expect(same.body.detail).toBe('New password must be different from current password')
  expect(await change('password1')).toBeProblem(422, 'weak_password')
})
