import { createHmac, createPublicKey } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { beginFlow, type FlowOptions, finishFlow, redeem } from './support/code-flow.ts'
import { cookieBrowser } from './support/cookie-browser.ts'
import {
  type BackEndpoint,
  type BrowserFlow,
  type Fault,
  hostileControl,
  person,
} from './support/hostile-control.ts'
import { type HostileProvider, startHostileProvider } from './support/hostile-provider.ts'

const client = {
  id: 'application',
  secret: 'shared with the provider',
  redirectUris: ['http://localhost:8949/callback'],
}

let provider: HostileProvider

beforeAll(async () => {
  provider = await startHostileProvider({ clients: [client] })
})

beforeEach(() => provider.reset())

afterAll(() => provider.stop())

/** Begins, and lets the browser come back. */
async function visit(options: FlowOptions = {}, browserFlow?: BrowserFlow) {
  const flow = await beginFlow(provider.issuer, client, options)
  const browser = cookieBrowser()
  if (browserFlow) browser.setCookie(browserFlow.cookie)
  return { flow, returned: (await browser.open(flow.url)).url }
}

async function signIn(options: FlowOptions = {}, browserFlow?: BrowserFlow) {
  const { flow, returned } = await visit(options, browserFlow)
  return finishFlow(flow, returned)
}

const codeIn = (url: string) => new URL(url).searchParams.get('code') ?? ''

/** The ID token of a sign-in, unread. */
async function idToken(): Promise<string> {
  const { flow, returned } = await visit()
  return String((await redeem(flow, codeIn(returned)))['id_token'])
}

test('told nothing, it is right', async () => {
  expect(await signIn()).toMatchObject({
    iss: provider.issuer,
    aud: 'application',
    sub: '1001',
    email: 'person@example.com',
    email_verified: true,
    name: 'A Person',
  })
})

const mismatch = (claim: string, reason = 'check_failed') =>
  `ID token: ERR_JWT_CLAIM_VALIDATION_FAILED ${claim} ${reason}`
const badSignature = 'ID token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
const badAlgorithm = 'ID token: ERR_JOSE_ALG_NOT_ALLOWED'

const refusals: [fault: Fault, refusal: string][] = [
  ['discovery-500', 'discovery: 500 server_error'],
  ['discovery-cut', 'discovery: cut'],
  ['discovery-garbage', 'discovery: no JSON'],
  ['discovery-html', 'discovery: no JSON'],
  ['discovery-empty', 'discovery: no JSON'],
  ['discovery-redirect', 'discovery: 307'],
  ['discovery-foreign-issuer', 'discovery: foreign issuer'],
  ['jwks-500', 'keys: 500 server_error'],
  ['jwks-cut', 'keys: cut'],
  ['jwks-garbage', 'keys: no JSON'],
  ['jwks-html', 'keys: no JSON'],
  ['jwks-empty', 'keys: no JSON'],
  ['jwks-redirect', 'keys: 307'],
  ['jwks-foreign', badSignature],
  ['state-wrong', 'answer: state'],
  ['state-missing', 'answer: state'],
  ['response-issuer-wrong', 'answer: issuer'],
  ['response-issuer-missing', 'answer: issuer'],
  ['access-denied', 'answer: access_denied'],
  ['server-error', 'answer: server_error'],
  ['error-with-markup', 'answer: access_denied"><img src=x onerror=alert(1)>'],
  ['code-missing', 'token: 400 invalid_grant'],
  ['code-of-another', 'token: 400 invalid_grant'],
  ['token-500', 'token: 500 server_error'],
  ['token-cut', 'token: cut'],
  ['token-garbage', 'token: no JSON'],
  ['token-html', 'token: no JSON'],
  ['token-empty', 'token: no JSON'],
  ['token-redirect', 'token: 307'],
  ['access-token-bare', 'token: no JSON'],
  ['token-refused', 'token: 400 invalid_grant'],
  ['id-token-missing', 'token: no ID token'],
  ['issuer-wrong', mismatch('iss')],
  ['audience-wrong', mismatch('aud')],
  ['party-wrong', 'ID token: azp'],
  ['party-missing', 'ID token: azp'],
  ['nonce-wrong', 'ID token: nonce'],
  ['nonce-missing', 'ID token: nonce'],
  ['signature-wrong', badSignature],
  ['signature-missing', badSignature],
  ['key-unknown', 'ID token: ERR_JWKS_NO_MATCHING_KEY'],
  ['key-embedded', badSignature],
  ['alg-none', badAlgorithm],
  ['alg-hs256', badAlgorithm],
  ['expired', 'ID token: ERR_JWT_EXPIRED exp check_failed'],
  ['issued-in-future', mismatch('iat')],
  ['not-yet-valid', mismatch('nbf')],
  ['subject-missing', mismatch('sub', 'missing')],
  ['subject-empty', 'ID token: subject'],
]

test.each(refusals)('%s: a strict application refuses with "%s"', async (fault, refusal) => {
  await provider.behave({ faults: [fault] })

  expect(await signIn().catch(({ message }: Error) => message)).toBe(refusal)
})

const waits: [endpoint: BackEndpoint, failure: 'silent' | 'endless', refusal: string][] = [
  ['discovery', 'silent', 'discovery: late'],
  ['discovery', 'endless', 'discovery: late'],
  ['jwks', 'silent', 'keys: late'],
  ['jwks', 'endless', 'keys: late'],
  ['token', 'silent', 'token: late'],
  ['token', 'endless', 'token: late'],
]

test.each(waits)('%s-%s: nothing ends until the application gives up', async (endpoint, failure, refusal) => {
  await provider.behave({ faults: [`${endpoint}-${failure}`] })
  const patience = new AbortController()
  const ended = vi.fn()
  const outcome = signIn({ giveUp: patience.signal }).catch(({ message }: Error) => message)
  outcome.then(ended)
  await expect.poll(async () => (await provider.requests()).at(-1)?.endpoint).toBe(endpoint)
  expect(ended).not.toHaveBeenCalled()
  patience.abort()

  expect(await outcome).toBe(refusal)
})

test('a bomb is small on the way, and 64 MiB when it is unpacked', async () => {
  await provider.behave({ faults: ['jwks-bomb'] })
  const answer = await fetch(`${provider.issuer}/jwks`)

  expect(Number(answer.headers.get('content-length'))).toBeLessThan(256 * 1024)
  expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(64 * 1024 * 1024)
})

test('access-token-broken: no header can carry it', async () => {
  await provider.behave({ faults: ['access-token-broken'] })
  const { flow, returned } = await visit()
  const { access_token: token } = await redeem(flow, codeIn(returned))

  expect(String(token)).toMatch(/^quietplantedtoken\n/)
})

test('token-marked: a byte order mark stands before the JSON', async () => {
  await provider.behave({ faults: ['token-marked'] })
  const { flow, returned } = await visit()
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: codeIn(returned),
    redirect_uri: flow.redirectUri,
    code_verifier: flow.verifier,
    client_id: client.id,
    client_secret: client.secret,
  })
  const answer = await fetch(flow.discovered.token_endpoint, { method: 'POST', body })

  expect(
    Buffer.from(await answer.arrayBuffer())
      .subarray(0, 4)
      .toString('hex'),
  ).toBe('efbbbf7b')
})

test.each<[fault: Fault, address: string]>([
  ['discovery-script-address', 'javascript:alert(document.domain)//'],
  ['discovery-plain-address', 'http://provider.example/authorize'],
])('%s: discovery sends people to %s', async (fault, address) => {
  await provider.behave({ faults: [fault] })
  const answer = await fetch(`${provider.issuer}/.well-known/openid-configuration`)

  expect(await answer.json()).toMatchObject({ authorization_endpoint: address })
})

test('what is endless comes in pieces, and goes on', async () => {
  await provider.behave({ faults: ['jwks-endless'] })
  const { body } = await fetch(`${provider.issuer}/jwks`)
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > 10_000) break
  }

  expect(bytes).toBeGreaterThan(10_000)
})

const { email, name } = person

const descriptions: [fault: Fault, claims: object][] = [
  ['email-unverified', { sub: '1001', email, email_verified: false, name }],
  ['email-verified-missing', { sub: '1001', email, name }],
  ['email-verified-as-text', { sub: '1001', email, email_verified: 'false', name }],
  ['email-missing', { sub: '1001', name }],
  ['email-changed', { sub: '1001', email: `changed-${email}`, email_verified: true, name }],
  [
    'subject-reused',
    { sub: '1001', email: 'stranger@example.com', email_verified: true, name: 'A Stranger' },
  ],
]

test.each(descriptions)('%s: the token is right, and says so of the person', async (fault, claims) => {
  await provider.behave({ faults: [fault] })

  expect(aboutPerson(await signIn())).toEqual(claims)
})

test('the person is whoever the test says', async () => {
  await provider.behave({ person: { subject: '7', email: 'seven@example.com', emailVerified: false } })

  expect(aboutPerson(await signIn())).toEqual({
    sub: '7',
    email: 'seven@example.com',
    email_verified: false,
    name,
  })
})

function aboutPerson({ sub, email: address, email_verified: isVerified, name: called }: JWTPayload) {
  return { sub, email: address, email_verified: isVerified, name: called }
}

describe('the forgeries would pass an application that believes the token', () => {
  test('alg-hs256 is an HMAC with the published key', async () => {
    await provider.behave({ faults: ['alg-hs256'] })
    const [, input, signature] = /^(.+)\.([^.]+)$/.exec(await idToken()) ?? []
    const published = createPublicKey({ key: { ...(await publishedKey()) }, format: 'jwk' })
    const secret = published.export({ type: 'spki', format: 'pem' })

    expect(createHmac('sha256', secret).update(String(input)).digest('base64url')).toBe(signature)
  })

  test('key-embedded is signed by the key that it brings', async () => {
    await provider.behave({ faults: ['key-embedded'] })
    const token = await idToken()
    const { jwk } = decodeProtectedHeader(token)

    expect((await jwtVerify(token, await importJWK(jwk ?? {}, 'RS256'))).payload.sub).toBe('1001')
  })

  test('signature-wrong is signed under the id of the published key', async () => {
    await provider.behave({ faults: ['signature-wrong'] })

    expect(decodeProtectedHeader(await idToken()).kid).toBe((await publishedKey()).kid)
  })

  test('alg-none and signature-missing have all claims and no signature, and discovery admits to none', async () => {
    for (const fault of ['alg-none', 'signature-missing'] as const) {
      await provider.behave({ faults: [fault] })
      const token = await idToken()

      expect(token).toMatch(/\.$/)
      expect(decodeJwt(token)).toMatchObject({ sub: '1001', aud: 'application' })
    }
    await provider.behave({ faults: ['alg-none'] })
    const answer = await fetch(`${provider.issuer}/.well-known/openid-configuration`)
    expect(await answer.json()).toMatchObject({ id_token_signing_alg_values_supported: ['RS256', 'none'] })
  })

  async function publishedKey(): Promise<JWK> {
    const { keys } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: JWK[] }
    return keys[0] ?? {}
  }
})

test('a code is good once, unless code-reusable', async () => {
  const { flow, returned } = await visit()
  await redeem(flow, codeIn(returned))
  await expect(redeem(flow, codeIn(returned))).rejects.toThrow('token: 400 invalid_grant')
  await provider.behave({ faults: ['code-reusable'] })

  expect(await finishFlow(flow, returned)).toMatchObject({ sub: '1001' })
})

test('the verifier is checked, unless pkce-ignored; then the nonce is what tells a code of another', async () => {
  const { flow, returned } = await visit()
  const wrong = { ...flow, verifier: flow.state }
  await expect(redeem(wrong, codeIn(returned))).rejects.toThrow('token: 400 invalid_grant')
  await provider.behave({ faults: ['pkce-ignored', 'code-of-another'] })

  await expect(signIn()).rejects.toThrow('ID token: nonce')
})

test.each([
  ['no challenge', { code_challenge: '' }],
  ['a plain challenge', { code_challenge_method: 'plain' }],
  ['no openid in the scope', { scope: 'email' }],
])('%s is refused', async (_, parameters) => {
  await expect(signIn({ parameters })).rejects.toThrow('answer: invalid_request')
})

test('an address that is not registered gets nothing', async () => {
  const { flow, returned } = await visit({ parameters: { redirect_uri: 'http://localhost:8949/callback/' } })

  expect(returned).toBe(flow.url)
})

test('a wrong secret is refused, and recorded as it came', async () => {
  const { flow, returned } = await visit()
  const stranger = { ...client, secret: 'wrong', authentication: 'client_secret_post' as const }
  await expect(redeem({ ...flow, client: stranger }, codeIn(returned))).rejects.toThrow('401 invalid_client')

  expect((await provider.requests()).at(-1)).toMatchObject({
    endpoint: 'token',
    client: { method: 'client_secret_post', id: 'application', isRight: false },
  })
})

test('every request is recorded, with the verifier and the proof of the application', async () => {
  await signIn()
  const requests = await provider.requests()

  expect(requests.map(({ endpoint }) => endpoint)).toEqual(['discovery', 'authorize', 'token', 'jwks'])
  expect(requests[1]?.parameters).toMatchObject({
    code_challenge_method: 'S256',
    scope: 'openid email profile',
  })
  expect(requests[2]).toMatchObject({
    method: 'POST',
    client: { method: 'client_secret_basic', id: 'application', isRight: true },
    pkce: 'right',
    parameters: { grant_type: 'authorization_code' },
  })
})

test('who follows a redirect from the token endpoint carries the secret elsewhere, and is seen there', async () => {
  await provider.behave({ faults: ['token-redirect'] })
  await fetch(`${provider.issuer}/token`, { method: 'POST', body: new URLSearchParams({ code: 'c' }) })
  const [token, elsewhere] = await provider.requests()

  expect(token).toMatchObject({ endpoint: 'token' })
  expect(elsewhere).toMatchObject({ endpoint: 'elsewhere', parameters: { code: 'c' } })
  expect(elsewhere?.headers['host']).not.toBe(token?.headers['host'])
})

test('each browser can have a flow of its own, opened and changed from any process', async () => {
  const remote = hostileControl(provider.issuer)
  const [right, wrong] = [await remote.openFlow({}), await remote.openFlow({ faults: ['nonce-wrong'] })]
  await provider.behave({ faults: ['access-denied'] })

  await expect(signIn({}, wrong)).rejects.toThrow('ID token: nonce')
  await expect(signIn()).rejects.toThrow('answer: access_denied')
  expect(await signIn({}, right)).toMatchObject({ sub: '1001' })
  await remote.changeFlow(wrong.id, { person: { subject: '2' } })
  expect(await signIn({}, wrong)).toMatchObject({ sub: '2' })
  const endpoints = (await remote.requests(right.id)).map(({ endpoint }) => endpoint)
  expect(endpoints).toEqual(['authorize', 'token'])
})

test('an application can be added later', async () => {
  const later = { ...client, id: 'later' }
  await provider.setClient(later)
  const flow = await beginFlow(provider.issuer, later)

  expect(await finishFlow(flow, (await cookieBrowser().open(flow.url)).url)).toMatchObject({ aud: 'later' })
})

test('with form_post the browser posts the answer', async () => {
  const flow = await beginFlow(provider.issuer, client, { parameters: { response_mode: 'form_post' } })
  const page = await cookieBrowser().open(flow.url)
  const [, code = ''] = /name="code" value="([^"]+)"/.exec(page.html) ?? []

  expect(page.html).toContain(`action="${flow.redirectUri}"`)
  expect(page.html).toContain(`name="state" value="${flow.state}"`)
  expect(await redeem(flow, code)).toHaveProperty('id_token')
})

test('UserInfo is that of the token, unless user-of-another', async () => {
  const { flow, returned } = await visit()
  const { access_token: token } = await redeem(flow, codeIn(returned))
  const ask = async () => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(flow.discovered.userinfo_endpoint, { headers })).json()
  }
  expect(await ask()).toMatchObject({ sub: '1001', email })
  await provider.behave({ faults: ['user-of-another'] })

  expect(await ask()).toMatchObject({ sub: '1002', email })
  expect((await fetch(flow.discovered.userinfo_endpoint)).status).toBe(401)
})

test('the clock can be another', async () => {
  const old = await startHostileProvider({ clients: [client], nowMs: () => Date.UTC(2020, 0) })
  const flow = await beginFlow(old.issuer, client)
  const { url } = await cookieBrowser().open(flow.url)

  await expect(finishFlow(flow, url)).rejects.toThrow('ID token: ERR_JWT_EXPIRED')
  await old.stop()
})

test('it stops at once, also while somebody waits', async () => {
  const other = await startHostileProvider()
  await other.behave({ faults: ['discovery-silent'] })
  const waiting = beginFlow(other.issuer, client).catch(({ message }: Error) => message)
  await expect.poll(() => other.requests()).toHaveLength(1)
  await other.stop()

  expect(await waiting).toBe('discovery: cut')
})
