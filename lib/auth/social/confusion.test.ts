import { encode } from '@auth/core/jwt'
import { describe, expect, test } from 'vitest'
import { type ApiClient, newAccount } from '#test/support/api-client.ts'
import { holdTransaction, untilSomebodyWaits } from '#test/support/database.ts'
import {
  begin,
  dance,
  formHeaders,
  newPerson,
  obtainCode,
  passProvider,
  type SocialStage,
  signInByCode,
  socialStageForThisTest,
  useSocialServer,
} from '#test/support/social-scenes.ts'

const stage = useSocialServer()
const { server } = stage
const origin = 'http://localhost:8000'
const remove = (client: ApiClient, id: string) =>
  client.send(`/api/auth/social/identities/${id}`, { method: 'DELETE', json: {}, headers: { origin } })
const identitiesOf = async (client: ApiClient): Promise<{ id: string }[]> =>
  (await client.send('/api/auth/social/identities')).body.identities

describe('what proxies and clients say of the address', () => {
  const lies = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '1',
    forwarded: 'host=evil.example;proto=https',
    'x-original-host': 'evil.example',
  }

  test.each(['', '1'])('changes nothing of a dance (TRUST_PROXY=%s)', async (trusted) => {
    const own = await socialStageForThisTest({ TRUST_PROXY: trusted })
    const client = own.server.client()
    const { cookie } = await own.provider.openFlow({ person: newPerson() })
    const begun = await client.send('/api/auth/signin/oidc', { json: {}, headers: { origin, ...lies } })
    const away = new URL(begun.body.url)

    expect(away.searchParams.get('redirect_uri')).toBe(`${origin}/api/auth/callback/oidc`)
    const back = new URL(await passProvider(away.href, `${cookie.name}=${cookie.value}`))
    const answer = await client.send(`${back.pathname}${back.search}`, { headers: lies })
    expect(answer.headers.get('location')).toBe(`${origin}/account`)
  })
})

describe('addresses from outside', () => {
  const hostile = [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/%5cevil.example/..//evil.example',
    '/\t/evil.example/',
    'https:evil.example',
    'http://localhost:8000//evil.example/',
    'http://localhost:8000/\\evil.example',
    'http://localhost:8000.evil.example/account',
    'http://localhost:8000@evil.example/account',
    'http://localhost:80000/account',
    'http://2130706433/account',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:http://localhost:8000/x',
    '/account/../api/auth/social/start?return_to=x',
    '/account#//evil.example',
    '/login?next=//evil.example',
  ]

  test('lead from the sign-in page of Auth.js to a page of ours', async () => {
    const own = await socialStageForThisTest({ PAGES_URL: 'https://pages.example.com' })
    for (const callbackUrl of hostile) {
      const path = `/api/auth/signin?${new URLSearchParams({ callbackUrl })}`
      const location = new URL((await own.server.client().send(path)).headers.get('location') ?? '')
      expect(`${location.origin}${location.pathname}`).toBe('https://pages.example.com/login')
      expect(location.searchParams.get('next') ?? '/', callbackUrl).toMatch(
        /^\/(login|account)?(\?next=\S+)?$/,
      )
    }
  })

  test('lead a form whose provider is down to a page of ours', async () => {
    const own = await socialStageForThisTest()
    await own.provider.behave({ faults: ['discovery-500'] })
    for (const page of hostile) {
      const body = new URLSearchParams({ _page: page, callbackUrl: page, _next: page }).toString()
      const sent = { body, headers: formHeaders }
      const location = (await own.server.client().send('/api/auth/signin/oidc', sent)).headers.get('location')
      expect(location, page).toMatch(/^\/(login|account)?\?(next=\S+&)?social=provider_unavailable&/)
    }
  })

  test('lead signIn("credentials") and signout of Auth.js to a page of ours', async () => {
    const client = server.client()
    const { account } = await client.register()
    const headers = { ...formHeaders, 'x-auth-return-redirect': '1' }
    for (const callbackUrl of hostile) {
      const bodyOf = (more: object) => new URLSearchParams({ ...more, callbackUrl }).toString()
      const signedIn = await client.send('/api/auth/callback/credentials', { body: bodyOf(account), headers })
      const signedOut = await client.send('/api/auth/signout', { body: bodyOf({}), headers })
      for (const { body } of [signedIn, signedOut])
        expect(body.url, callbackUrl).toMatch(/^http:\/\/localhost:8000\/(login|account)?(\?next=\S+)?$/)
    }
  })
})

describe('what was made for something else is no session', () => {
  test('an access token, a refresh token, a device cookie and a JWT of Auth.js in place of the session cookie', async () => {
    const client = server.client()
    const { account } = await client.register()
    await client.login(account)
    await client.login({ ...account, transport: 'cookie' })
    const { id } = (await client.me()).body
    const token = { sub: String(id), id: String(id), name: account.username }
    const names = ['session_8000', 'session', 'authjs.session-token', 'next-auth.session-token']
    const secrets = [
      'a root secret of the tests that is long enough',
      server.runtime.roots.current.keyFor('auth-js').toString('base64url'),
    ]
    const forged = await Promise.all(
      secrets.flatMap((secret) => names.map((salt) => encode({ token, secret, salt, maxAge: 3600 }))),
    )
    const others = [client.accessToken, client.refreshToken, client.cookies.get('device_8000')]

    for (const value of [...forged, ...others]) {
      const cookie = names.map((name) => `${name}=${value}`).join('; ')
      const sent = { headers: { cookie } }
      expect((await server.client().send('/api/auth/session', sent)).text).toBe('null')
      expect((await server.client().send('/api/auth/me', sent)).status).toBe(401)
    }
  })
})

describe('a sign-in of ten minutes ago', () => {
  async function stale(): Promise<{ own: SocialStage; client: ApiClient }> {
    const own = await socialStageForThisTest()
    const { client } = await signInByCode(own)
    await client.send('/api/auth/social/link', { json: await obtainCode(own, { person: newPerson() }) })
    await own.server.time.advance({ seconds: 601 })
    await client.refresh()
    return { own, client }
  }

  test('is not enough to disconnect', async () => {
    const { client } = await stale()
    const [first] = await identitiesOf(client)
    expect(await remove(client, first?.id ?? '')).toBeProblem(403, 'reauthentication_required')
  })

  test('is not enough to begin to connect', async () => {
    const { client } = await stale()
    const sent = { json: { provider: 'oidc' }, headers: { origin } }
    expect(await client.send('/api/auth/social/connect', sent)).toBeProblem(403, 'reauthentication_required')
  })

  test('is made new by no dance that ends elsewhere', async () => {
    const { own, client } = await stale()
    const json = await obtainCode(own, { person: newPerson() })
    expect(await client.send('/api/auth/social/link', { json })).toBeProblem(403, 'reauthentication_required')
    expect((await own.server.client().send('/api/auth/social/exchange', { json })).status).toBe(200)
  })
})

describe('while an account is closed', () => {
  /** What it comes to when somebody does this in a transaction that is still open, and then ends it. */
  async function during(statement: string, id: number, act: () => ReturnType<ApiClient['send']>) {
    const transaction = await holdTransaction(server.database, [{ text: statement, values: [id] }])
    const acting = act()
    await untilSomebodyWaits(server.database)
    await transaction.commit()
    return acting
  }
  const closings: [string, string][] = [
    ['disabled', 'UPDATE users SET disabled_at = app_now() WHERE id = $1'],
    ['deleted', 'UPDATE users SET deleted_at = app_now() WHERE id = $1'],
    ['erased', 'DELETE FROM users WHERE id = $1'],
    ['signed out everywhere', 'UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1'],
  ]

  test.each(closings)('%s, nothing is connected to it', async (_, statement) => {
    const { client } = await signInByCode(stage)
    const { id } = (await client.me()).body
    const person = newPerson()
    const json = await obtainCode(stage, { person })

    const answer = await during(statement, id, () => client.send('/api/auth/social/link', { json }))

    expect(answer).toBeProblem(401, 'session_ended')
    const rows = await server.database.sql('SELECT 1 FROM identities WHERE subject = $1', [person.subject])
    expect(rows).toEqual([])
  })

  test.each(closings)('%s, nobody signs in to it with a provider', async (_, statement) => {
    const { client, person } = await signInByCode(stage)
    const { id } = (await client.me()).body
    const json = await obtainCode(stage, { person })
    const before = await server.database.sql('SELECT id FROM sessions WHERE user_id = $1', [id])

    const answer = await during(statement, id, () =>
      server.client().send('/api/auth/social/exchange', { json }),
    )

    expect(answer).toBeProblem(400, 'sign_in_code_invalid')
    const after = await server.database.sql('SELECT id FROM sessions WHERE user_id = $1', [id])
    expect(after.length).toBeLessThanOrEqual(before.length)
  })
})

describe('a registration that waits for its mailbox', () => {
  test('goes when its owner arrives with a provider, and its password opens nothing', async () => {
    const own = await socialStageForThisTest({ EMAIL_VERIFICATION: 'required' })
    const stranger = newAccount()
    await own.server.client().register(stranger)
    const owner = own.server.client()

    const { answer } = await dance(own, owner, 'oidc', { person: newPerson({ email: stranger.email }) })

    expect(answer.status).toBe(303)
    expect((await owner.me()).body).toMatchObject({ email: stranger.email, email_verified: true })
    expect(await own.server.client().login(stranger)).toBeProblem(401, 'invalid_credentials')
    expect(await own.server.database.sql('SELECT 1 FROM pending_registrations')).toEqual([])
  })
})

describe('keys that a provider does not publish', () => {
  test('are looked for once in ten seconds, however many tokens name one', async () => {
    const own = await socialStageForThisTest()
    const tries = Array.from({ length: 8 }, () =>
      dance(own, own.server.client(), 'oidc', { person: newPerson(), faults: ['key-unknown'] }),
    )
    for (const { answer } of await Promise.all(tries)) expect(answer).toBeProblem(400, 'social_refused')
    const asked = (await own.provider.requests()).filter(({ endpoint }) => endpoint === 'jwks')
    expect(asked).toHaveLength(1)
  })

  test('and metadata are asked for once by people who come at once', async () => {
    const own = await socialStageForThisTest()
    await Promise.all(Array.from({ length: 8 }, () => begin(own.server.client(), 'oidc')))
    expect((await own.provider.requests()).map(({ endpoint }) => endpoint)).toEqual(['discovery'])
  })
})
