import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { challengeOf } from './support/code-flow.ts'
import { cookieBrowser } from './support/cookie-browser.ts'
import type { Fault } from './support/hostile-control.ts'
import { type HostileProvider, startHostileProvider } from './support/hostile-provider.ts'

const callback = 'http://localhost:8949/callback'
const client = { id: 'application', secret: 'shared with the provider', redirectUris: [callback] }
const verifier = 'a verifier that is long enough to be one, of 43'.replaceAll(/[ ,]/g, '-')

let provider: HostileProvider

beforeAll(async () => {
  provider = await startHostileProvider({ clients: [client] })
})

beforeEach(() => provider.reset())

afterAll(() => provider.stop())

async function authorize(parameters: Record<string, string> = {}): Promise<URLSearchParams> {
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: callback,
    state: 's',
    ...parameters,
  })
  const { url } = await cookieBrowser().open(`${provider.issuer}/login/oauth/authorize?${query}`)
  return new URL(url).searchParams
}

async function redeem(parameters: Record<string, string> = {}): Promise<Record<string, string>> {
  const answer = await fetch(`${provider.issuer}/login/oauth/access_token`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({
      client_id: client.id,
      client_secret: client.secret,
      redirect_uri: callback,
      ...parameters,
    }),
  })
  return (await answer.json()) as Record<string, string>
}

async function ask(path: string, token: string) {
  const answer = await fetch(`${provider.issuer}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, body: await answer.json() }
}

async function signIn(): Promise<string> {
  const code = (await authorize()).get('code') ?? ''
  return (await redeem({ code }))['access_token'] ?? ''
}

test.each(['', '/api/v3'])('told nothing, it is right, below %j', async (base) => {
  const token = await signIn()

  expect(await ask(`${base}/user`, token)).toEqual({
    status: 200,
    body: { id: 1001, login: 'a-person', name: 'A Person', email: null, type: 'User' },
  })
  expect((await ask(`${base}/user/emails`, token)).body).toContainEqual({
    email: 'person@example.com',
    primary: true,
    verified: true,
    visibility: 'private',
  })
})

test('the first address of the list is verified, and not the primary one', async () => {
  const { body } = await ask('/user/emails', await signIn())

  expect(body[0]).toMatchObject({ primary: false, verified: true })
})

const primaries: [fault: Fault, primary: object | undefined][] = [
  ['email-unverified', { email: 'person@example.com', verified: false }],
  ['email-verified-missing', { email: 'person@example.com' }],
  ['email-verified-as-text', { email: 'person@example.com', verified: 'false' }],
  ['email-changed', { email: 'changed-person@example.com', verified: true }],
  ['subject-reused', { email: 'stranger@example.com', verified: true }],
  ['email-missing', undefined],
]

test.each(primaries)('%s shows in the primary address', async (fault, primary) => {
  await provider.behave({ faults: [fault] })
  const token = await signIn()
  const emails: { primary: boolean }[] = (await ask('/user/emails', token)).body
  const found = emails.find((one) => one.primary)

  expect(found).toEqual(primary && { ...primary, primary: true, visibility: 'private' })
  expect((await ask('/user', token)).body).toMatchObject({ id: 1001 })
})

test('the person is whoever the test says, and may show an address to all', async () => {
  await provider.behave({ person: { subject: '7', login: 'seven', publicEmail: 'public@example.com' } })
  const { body } = await ask('/user', await signIn())

  expect(body).toMatchObject({ id: 7, login: 'seven', email: 'public@example.com' })
})

test.each<[Fault, number | undefined]>([
  ['subject-missing', undefined],
  ['user-of-another', 1002],
])('%s shows in the id', async (fault, id) => {
  await provider.behave({ faults: [fault] })

  expect((await ask('/user', await signIn())).body.id).toBe(id)
})

test.each<[Fault, Record<string, string | null>]>([
  ['state-wrong', { state: 'of-another-flow', iss: null }],
  ['state-missing', { state: null }],
  ['access-denied', { error: 'access_denied', code: null, state: 's' }],
  ['code-missing', { code: null, error: null }],
])('%s shows in the answer', async (fault, expected) => {
  await provider.behave({ faults: [fault] })
  const answer = await authorize()

  expect(Object.fromEntries(Object.keys(expected).map((key) => [key, answer.get(key)]))).toEqual(expected)
})

test('refusals of the token endpoint come with status 200', async () => {
  const code = (await authorize()).get('code') ?? ''
  const wrongSecret = await redeem({ code, client_secret: 'wrong' })
  await provider.behave({ faults: ['token-refused'] })

  expect(wrongSecret['error']).toBe('incorrect_client_credentials')
  expect((await redeem({ code }))['error']).toBe('bad_verification_code')
})

test('a code is good once', async () => {
  const code = (await authorize()).get('code') ?? ''
  await redeem({ code })

  expect((await redeem({ code }))['error']).toBe('bad_verification_code')
})

test('PKCE may be left out, and holds where it is used', async () => {
  const challenge = { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' }
  const code = (await authorize(challenge)).get('code') ?? ''
  const without = await redeem({ code })
  const withIt = await redeem({ code, code_verifier: verifier })

  expect(without['error']).toBe('bad_verification_code')
  expect(withIt).toHaveProperty('access_token')
  expect((await authorize({ ...challenge, code_challenge_method: 'plain' })).get('error')).toBe(
    'invalid_request',
  )
})

test('who does not ask for JSON gets a form', async () => {
  const code = (await authorize()).get('code') ?? ''
  const authorization = `Basic ${Buffer.from(`${client.id}:${encodeURIComponent(client.secret)}`).toString('base64')}`
  const answer = await fetch(`${provider.issuer}/login/oauth/access_token`, {
    method: 'POST',
    headers: { authorization, accept: '*/*' },
    body: new URLSearchParams({ code, redirect_uri: callback }),
  })

  expect(new URLSearchParams(await answer.text()).get('token_type')).toBe('bearer')
})

test.each<[Fault, string]>([
  ['user-500', '/user'],
  ['emails-500', '/user/emails'],
])('%s fails there, and without a token nothing is told', async (fault, path) => {
  const token = await signIn()
  await provider.behave({ faults: [fault] })

  expect((await ask(path, token)).status).toBe(500)
  await provider.behave({})
  expect((await ask(path, 'unknown')).status).toBe(401)
})

test('requests are recorded under this personality', async () => {
  await ask('/user', await signIn())
  const requests = await provider.requests()

  expect(requests.map(({ endpoint, personality }) => `${personality} ${endpoint}`)).toEqual([
    'github authorize',
    'github token',
    'github user',
  ])
  expect(requests[1]).toMatchObject({
    client: { method: 'client_secret_post', isRight: true },
    pkce: 'absent',
  })
})
