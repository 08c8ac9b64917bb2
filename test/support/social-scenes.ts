import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { sha256Key } from '#lib/crypto/digest.ts'
import type { ApiClient } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { serverForThisTest, type TestServer, testAppUrl, useServer } from './harness.ts'
import type { Behaviour, HostileControl } from './hostile-control.ts'
import { type HostileProvider, startHostileProvider } from './hostile-provider.ts'
import { capturedMail } from './mailbox.ts'

/** One hostile provider, as an OpenID issuer and as a GitHub Enterprise server. */
export type SocialId = 'oidc' | 'github'

const secret = 'a client secret of the tests'

/** Settings that set both up. */
export function providerVariables(issuer: string): Record<string, string> {
  return {
    OIDC_ISSUER: issuer,
    OIDC_NAME: 'Harbour ID',
    AUTH_OIDC_ID: 'session-management',
    AUTH_OIDC_SECRET: secret,
    AUTH_GITHUB_URL: issuer,
    AUTH_GITHUB_ID: 'session-management-github',
    AUTH_GITHUB_SECRET: secret,
  }
}

/** Tells a provider who we are. */
export async function introduce(provider: HostileControl, appUrl = testAppUrl): Promise<void> {
  const { AUTH_OIDC_ID: openid = '', AUTH_GITHUB_ID: github = '' } = providerVariables(provider.issuer)
  await provider.setClient({ id: openid, secret, redirectUris: [`${appUrl}/api/auth/callback/oidc`] })
  const redirectUris = [`${appUrl}/api/auth/callback/github`]
  await provider.setClient({ id: github, secret, redirectUris })
}

export interface SocialStage {
  server: TestServer
  provider: HostileProvider
}

/** A server that knows a provider, for all tests of a file. The provider answers at a port of its own. */
export function useSocialServer(variables: Record<string, string> = {}): SocialStage {
  const holder: { provider?: HostileProvider } = {}
  const settings: Record<string, string> = {}
  beforeAll(async () => {
    const provider = await startHostileProvider()
    holder.provider = provider
    await introduce(provider)
    Object.assign(settings, providerVariables(provider.issuer), capturedMail, variables)
  })
  const server = useServer(settings)
  afterAll(() => holder.provider?.stop())
  return {
    server,
    get provider() {
      if (!holder.provider) throw new Error('the provider starts before the first test of the file')
      return holder.provider
    },
  }
}

let people = 0

/** Somebody at the provider whom no other test knows. */
export function newPerson(given: NonNullable<Behaviour['person']> = {}) {
  people += 1
  const subject = String(100_000 + people)
  const login = `person-${process.pid}-${people}`
  return { subject, email: `${login}@example.com`, login, name: `Person ${people}`, ...given }
}

export const formHeaders = {
  'content-type': 'application/x-www-form-urlencoded',
  origin: testAppUrl,
}

/** Begins a sign-in as the client of Auth.js does; the address at the provider. */
export async function begin(
  client: ApiClient,
  id: SocialId,
  callbackUrl = '/account',
  fields: Record<string, string> = {},
): Promise<string> {
  const answer = await client.send(`/api/auth/signin/${id}`, {
    body: new URLSearchParams({ callbackUrl, ...fields }).toString(),
    headers: { ...formHeaders, 'x-auth-return-redirect': '1' },
  })
  if (answer.status !== 200) throw new Error(`the beginning answered ${answer.status} ${answer.text}`)
  return answer.body.url
}

/** Goes through the provider, which asks nobody; the way back as the browser would take it. */
export async function passProvider(url: string, flowCookie?: string): Promise<string> {
  const answer = await fetch(url, {
    redirect: 'manual',
    headers: flowCookie ? { cookie: flowCookie } : {},
  })
  const location = answer.headers.get('location')
  if (!location) throw new Error(`the provider answered ${answer.status} ${await answer.text()}`)
  return location
}

export interface Danced {
  answer: TestAnswer
  /** Where the answer leads, with its query. */
  location: URL
}

export interface DanceOptions extends Behaviour {
  callbackUrl?: string
  /** Of the form that begins it. */
  fields?: Record<string, string>
}

/** A whole dance of one browser with a provider that behaves in a way of its own towards it. */
export async function dance(
  { provider }: SocialStage,
  client: ApiClient,
  id: SocialId,
  { faults = [], person, callbackUrl, fields }: DanceOptions = {},
): Promise<Danced> {
  const { cookie } = await provider.openFlow({ faults, ...(person && { person }) })
  const url = await begin(client, id, callbackUrl, fields)
  return comeBack(client, await passProvider(url, `${cookie.name}=${cookie.value}`))
}

export async function comeBack(client: ApiClient, wayBack: string): Promise<Danced> {
  const { pathname, search } = new URL(wayBack)
  const answer = await client.send(`${pathname}${search}`)
  return { answer, location: new URL(answer.headers.get('location') ?? '/nowhere', testAppUrl) }
}

/** A page of a front end on this machine; the test server, which is in development mode, leads back to any. */
export const returnUrl = 'http://127.0.0.1:5173/signed-in'

/** A server of this test's own that knows a provider of its own. */
export async function socialStageForThisTest(variables: Record<string, string> = {}): Promise<SocialStage> {
  const provider = await startHostileProvider()
  onTestFinished(() => provider.stop())
  await introduce(provider)
  const settings = { ...providerVariables(provider.issuer), ...capturedMail, ...variables }
  return { provider, server: await serverForThisTest(settings) }
}

export interface HandedOver {
  code: string
  code_verifier: string
}

export interface HandOverOptions extends Behaviour {
  id?: SocialId
  /** Of the start, instead of what belongs there. */
  query?: Record<string, string>
}

/** How a front end begins: its verifier, and where it leads the browser. */
export function startOf({ id = 'oidc', query = {} }: Pick<HandOverOptions, 'id' | 'query'> = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const parameters = new URLSearchParams({
    provider: id,
    return_to: returnUrl,
    code_challenge: sha256Key(verifier),
    code_challenge_method: 'S256',
    state: 'of the front end',
    ...query,
  })
  return { verifier, path: `/api/auth/social/start?${parameters}` }
}

/** A dance that a front end of another origin began; where the browser came back to it. */
export async function danceForFrontEnd(
  { provider, server }: SocialStage,
  options: HandOverOptions = {},
): Promise<{ location: URL; verifier: string }> {
  const { faults = [], person } = options
  const { cookie } = await provider.openFlow({ faults, ...(person && { person }) })
  const browser = server.client()
  const { verifier, path } = startOf(options)
  const started = await browser.send(path)
  const url = started.headers.get('location')
  if (started.status !== 302 || !url) throw new Error(`the start answered ${started.status} ${started.text}`)
  const { location } = await comeBack(browser, await passProvider(url, `${cookie.name}=${cookie.value}`))
  return { location, verifier }
}

/** What a front end has in hand after a dance that went well. */
export async function obtainCode(stage: SocialStage, options: HandOverOptions = {}): Promise<HandedOver> {
  const { location, verifier } = await danceForFrontEnd(stage, options)
  const code = location.searchParams.get('code')
  if (!code) throw new Error(`the dance ended at ${location}`)
  return { code, code_verifier: verifier }
}

/** A client that signed in with the provider over the bearer transport; its account has no password. */
export async function signInByCode(stage: SocialStage, person = newPerson()) {
  const client = stage.server.client()
  const answer = await client.send('/api/auth/social/exchange', { json: await obtainCode(stage, { person }) })
  if (answer.status !== 200) throw new Error(`the exchange answered ${answer.status} ${answer.text}`)
  client.accessToken = answer.body.access_token
  client.refreshToken = answer.body.refresh_token
  return { client, person, answer }
}
