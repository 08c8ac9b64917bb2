import { createHash, randomBytes } from 'node:crypto'
import { type ApiClient, newAccount } from '#test/support/api-client.ts'
import { type Fault, hostileControl } from '#test/support/hostile-control.ts'
import { expect, test } from '../support/api.ts'
import { readEnvironment } from '../support/environment.ts'

const { providers, frontEndPort } = readEnvironment()
const returnUrl = `http://127.0.0.1:${frontEndPort}/signed-in`

/** Goes through the provider that asks nobody; the way back. */
async function passProvider(address: string, faults: readonly Fault[] = []) {
  const { username: login, email } = newAccount()
  const subject = String(randomBytes(4).readUInt32BE() + 1)
  const { cookie } = await hostileControl(providers.hostile).openFlow({
    faults,
    person: { subject, email, login },
  })
  const answer = await fetch(address, {
    redirect: 'manual',
    headers: { cookie: `${cookie.name}=${cookie.value}` },
  })
  const { pathname, search } = new URL(answer.headers.get('location') ?? '')
  return { path: `${pathname}${search}`, email }
}

const asAuthJs = (origin: string) => ({
  origin,
  'content-type': 'application/x-www-form-urlencoded',
  'x-auth-return-redirect': '1',
})

async function begin(client: ApiClient, url: string): Promise<string> {
  const answer = await client.send('/api/auth/signin/github', {
    body: 'callbackUrl=%2Faccount',
    headers: asAuthJs(url),
  })
  expect(answer.status, answer.text).toBe(200)
  return answer.body.url
}

test('a dance ends in our session, which Auth.js tells too, and signing out ends it', async ({ server }) => {
  const client = server.client()
  const { path, email } = await passProvider(await begin(client, server.url))

  const answer = await client.send(path)

  expect(answer.status, answer.text).toBe(303)
  expect(answer.headers.get('location')).toBe(`${server.url}/account`)
  const me = (await client.me()).body
  expect(me).toMatchObject({
    email,
    email_verified: true,
    session: { kind: 'cookie', amr: ['fed', 'github'] },
  })
  expect((await client.send('/api/auth/session')).body).toMatchObject({
    user: { id: String(me.id), email },
    sessionId: me.session.id,
  })
  await client.send('/api/auth/signout', { body: '', headers: asAuthJs(server.url) })
  expect((await client.send('/api/auth/session')).text).toBe('null')
  expect((await client.me()).status).toBe(401)
})

test('signIn("credentials") of Auth.js begins our session', async ({ server }) => {
  const client = server.client()
  const { account } = await client.register()
  const body = new URLSearchParams({ email: account.email, password: account.password }).toString()

  const answer = await client.send('/api/auth/callback/credentials', { body, headers: asAuthJs(server.url) })

  expect(answer.status, answer.text).toBe(200)
  expect(answer.body.url).toBe(`${server.url}/account`)
  expect((await client.me()).body.email).toBe(account.email)
})

test('a front end gets tokens for a code, once', async ({ server }) => {
  const browser = server.client()
  const verifier = randomBytes(32).toString('base64url')
  const start = new URLSearchParams({
    provider: 'github',
    return_to: returnUrl,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const started = await browser.send(`/api/auth/social/start?${start}`)
  expect(started.status, started.text).toBe(302)
  const { path, email } = await passProvider(started.headers.get('location') ?? '')
  const back = new URL((await browser.send(path)).headers.get('location') ?? '')
  expect(`${back.origin}${back.pathname}`).toBe(returnUrl)
  const json = { code: back.searchParams.get('code'), code_verifier: verifier }

  const answer = await server.client().send('/api/auth/social/exchange', { json })

  expect(answer.status, answer.text).toBe(200)
  expect(answer.body).toMatchObject({ token_type: 'bearer', user: { email } })
  expect(await server.client().send('/api/auth/social/exchange', { json })).toBeProblem(
    400,
    'sign_in_code_invalid',
  )
})

test('a dance that does not hold leaves nothing behind', async ({ server }) => {
  const client = server.client()
  const { path } = await passProvider(await begin(client, server.url), ['state-wrong'])

  const answer = await client.send(path)

  if (server.hasPages) expect(answer.headers.get('location')).toContain('/login?social=social_state_lost')
  else expect(answer).toBeProblem(400, 'social_state_lost')
  expect((await client.me()).status).toBe(401)
})

test('only the actions of Auth.js that are ours are there, for requests of ours', async ({ server }) => {
  const client = server.client()
  for (const path of ['/api/auth/webauthn-options', '/api/auth/verify-request', '/api/auth/signin/nobody/x'])
    expect(await client.send(path)).toBeProblem(404, 'not_found')
  expect(
    await client.send('/api/auth/signin/github', { body: '', headers: asAuthJs('https://evil.example') }),
  ).toBeProblem(403, 'origin_refused')
  const known = (await client.send('/api/auth/providers')).body
  expect(Object.keys(known)).toEqual(['github', 'oidc', 'credentials'])
  expect(known.github.callbackUrl).toBe(`${server.url}/api/auth/callback/github`)
})

test('no method, no type of a body and no nonsense is a fault of ours', async ({ server }) => {
  const id = '01890000-0000-7000-8000-000000000000'
  const ways = ['providers', 'csrf', 'session', 'signin', 'error', 'signout', '_log', 'verify-request']
  const dances = ['signin', 'callback'].flatMap((way) =>
    ['oidc', 'github', 'apple', 'credentials', '%00', '%2e%2e', '__proto__'].map((name) => `${way}/${name}`),
  )
  const ours = ['start', 'exchange', 'link', 'connect', 'identities', `identities/${id}`]
  const paths = [...ways, ...dances, ...ours.map((way) => `social/${way}`)].map((way) => `/api/auth/${way}`)
  const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  for (const [index, path] of paths.entries())
    for (const method of methods) {
      const hasBody = !['GET', 'HEAD', 'OPTIONS'].includes(method)
      const type = types[index % types.length] ?? ''
      const headers = { origin: server.url, ...(hasBody && { 'content-type': type }) }
      const sent = { method, headers, ...(hasBody && { body: 'email=%00&email=\u0007&__proto__=[]' }) }
      const { status, text } = await server.client().send(`${path}?code=%00&state[]=x&error=`, sent)
      expect(status, `${method} ${path} ${type}: ${text}`).toBeLessThan(500)
    }
})

test('what proxies and clients say of the address changes nothing of a dance', async ({ server }) => {
  const client = server.client()
  const headers = {
    ...asAuthJs(server.url),
    'x-forwarded-host': 'evil.example, evil.example',
    'x-forwarded-proto': 'https,http',
    forwarded: 'host=evil.example;proto=https',
  }
  const begun = await client.send('/api/auth/signin/github', { body: 'callbackUrl=%2Faccount', headers })
  const away = new URL(begun.body.url)
  expect(away.searchParams.get('redirect_uri')).toBe(`${server.url}/api/auth/callback/github`)
  const { path } = await passProvider(away.href)
  const { 'content-type': _, ...lies } = headers
  const answer = await client.send(path, { headers: lies })
  expect(answer.headers.get('location'), answer.text).toBe(`${server.url}/account`)
})
