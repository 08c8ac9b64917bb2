import { describe, expect, test } from 'vitest'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { watchDatabase } from '#test/support/observations.ts'

const server = useServer(capturedMail)

const templatesTo = async (on: TestServer, address: string) =>
  (await readMail(on, address)).map(({ template }) => template)

const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'

/** Signs in with a user agent, as a client of its own or the one given. */
async function signIn(
  on: TestServer,
  account: { email: string; password: string },
  userAgent: string,
  {
    transport = 'bearer',
    client = on.client(),
  }: { transport?: string; client?: ReturnType<TestServer['client']> } = {},
) {
  const origin = transport === 'cookie' ? { origin: 'http://localhost:8000' } : {}
  const answer = await client.send('/api/auth/login', {
    json: { email: account.email, password: account.password, transport },
    headers: { 'user-agent': userAgent, ...origin },
  })
  expect(answer.status).toBe(200)
  client.accessToken = answer.body.access_token ?? null
  client.refreshToken = answer.body.refresh_token ?? null
  return client
}

test('messages cost no round trip: register and sign-in from a new device stay within four, refresh is one', async () => {
  const own = await serverForThisTest(capturedMail)
  const account = newAccount()
  const watched = watchDatabase(own.runtime)
  const spent = async (work: () => Promise<unknown>) => {
    watched.names.length = 0
    await work()
    return [...watched.names]
  }

  expect((await spent(() => own.client().register(account))).length).toBeLessThanOrEqual(4)
  await signIn(own, account, firefox)
  const holder: { client?: ReturnType<TestServer['client']> } = {}
  const signedIn = await spent(async () => {
    holder.client = await signIn(own, account, safari)
  })
  expect(signedIn.length, signedIn.join()).toBeLessThanOrEqual(4)
  expect(await spent(async () => holder.client?.refresh())).toHaveLength(1)
  expect(await templatesTo(own, account.email)).toEqual(['verify_email', 'new_device'])
})

describe('registration', () => {
  test('asks for proof of the address, says from where it came, and never says the user name', async () => {
    const account = newAccount()
    await server.client({ address: '198.51.100.9' }).send('/api/auth/register', {
      json: account,
      headers: { 'user-agent': firefox },
    })

    const [mail, ...others] = await readMail(server, account.email)

    expect(others).toEqual([])
    expect(mail).toMatchObject({
      template: 'verify_email',
      parameters: { device: 'Firefox on Windows', address: '198.51.100.9' },
      code: expect.stringMatching(/^\d{6}$/),
      url: expect.stringContaining('/verify?token='),
    })
    expect(JSON.stringify(mail)).not.toContain(account.username)
  })

  test('that is refused writes nothing', async () => {
    const account = newAccount()
    await server.client().register(account)
    await server
      .client()
      .register({ ...newAccount(), username: account.username, email: 'other@example.com' })
    await server.client().register({ ...newAccount(), email: account.email })

    expect(await templatesTo(server, account.email)).toEqual(['verify_email'])
    expect(await templatesTo(server, 'other@example.com')).toEqual([])
  })
})

test('a changed password is told, and a refused change is not', async () => {
  const account = newAccount()
  await server.client().register(account)
  const client = await signIn(server, account, firefox)
  const change = (current: string) =>
    client.send('/api/auth/change-password', {
      json: { current_password: current, new_password: 'quite another passphrase' },
      headers: { 'user-agent': firefox },
    })

  await change('not the right one')
  expect(await templatesTo(server, account.email)).toEqual(['verify_email'])
  expect((await change(account.password)).status).toBe(200)

  const mail = (await readMail(server, account.email)).at(-1)
  expect(mail).toMatchObject({
    template: 'password_changed',
    parameters: { by: 'owner', device: 'Firefox on Windows' },
  })
})

test('a session that was ended because its token was reused is told once, and what refreshes well is not', async () => {
  const own = await serverForThisTest(capturedMail)
  const account = newAccount()
  await own.client().register(account)
  const client = await signIn(own, account, firefox)
  const stolen = client.refreshToken ?? ''
  await client.refresh()
  await client.refresh()
  await own.time.advance({ seconds: 60 })
  expect(await templatesTo(own, account.email)).toEqual(['verify_email'])

  for (let replay = 0; replay < 3; replay += 1)
    await own
      .client({ address: '198.51.100.66' })
      .send('/api/auth/refresh', { json: { refresh_token: stolen } })

  expect(await templatesTo(own, account.email)).toEqual(['verify_email', 'sessions_ended_by_reuse'])
  expect((await readMail(own, account.email)).at(-1)?.parameters['address']).toBe('198.51.100.66')
})

describe('a new device', () => {
  const signIns = async (on: TestServer, address: string) =>
    (await templatesTo(on, address)).filter((template) => template === 'new_device').length

  test('is told by its name; the first sign-in and a device that was seen are not', async () => {
    const account = newAccount()
    await server.client().register(account)
    await signIn(server, account, firefox)
    await signIn(server, account, firefox)
    expect(await signIns(server, account.email)).toBe(0)

    await signIn(server, account, safari)

    expect(await signIns(server, account.email)).toBe(1)
    expect((await readMail(server, account.email)).at(-1)?.parameters['device']).toMatch(/^Safari/)
    await signIn(server, account, safari)
    expect(await signIns(server, account.email)).toBe(1)
  })

  test('with cookies is known by its cookie, or by its name at the same address', async () => {
    const account = newAccount()
    await server.client().register(account)
    const home = server.client({ address: '198.51.100.1' })
    await signIn(server, account, firefox, { transport: 'cookie', client: home })
    const same = server.client({ address: '198.51.100.1' })
    await signIn(server, account, firefox, { transport: 'cookie', client: same })
    await signIn(server, account, safari, { transport: 'cookie', client: home })
    expect(await signIns(server, account.email)).toBe(0)

    await signIn(server, account, firefox, { transport: 'cookie' })

    expect(await signIns(server, account.email)).toBe(1)
  })

  test('is told also when it is the first one, of an account that is not new', async () => {
    const own = await serverForThisTest(capturedMail)
    const account = newAccount()
    await own.client().register(account)
    await own.time.advance({ seconds: 3700 })

    await signIn(own, account, firefox)

    expect(await signIns(own, account.email)).toBe(1)
  })

  test('is told at most five times an hour, and a wrong password never', async () => {
    const account = newAccount()
    await server.client().register(account)
    await signIn(server, account, firefox)
    await server.client().login({ ...account, password: 'not the right one' })
    for (let address = 0; address < 8; address += 1)
      await signIn(server, account, firefox, { transport: 'cookie' })

    expect(await signIns(server, account.email)).toBe(5)
  })
})
