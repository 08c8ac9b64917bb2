import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { ProviderClient } from './provider-client.ts'

/** What a provider says of itself (OpenID Connect Discovery 1.0 section 3). */
export interface Discovered {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  userinfo_endpoint: string
  jwks_uri: string
}

/** A sign-in that was begun: what the application keeps in the browser's cookie. */
export interface BegunFlow {
  client: ProviderClient
  discovered: Discovered
  state: string
  nonce: string
  verifier: string
  redirectUri: string
  /** Where the browser goes. */
  url: string
}

/** A refusal of {@link finishFlow}; its message says which check it was. */
export class FlowRefusal extends Error {}

const patienceMs = 300

/** A fetch that gives up soon: what waits here waits for ever. */
export async function fetchSoon(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(patienceMs), ...init })
}

/** @throws FlowRefusal  if the document is not that of this issuer, or none comes */
export async function discover(issuer: string): Promise<Discovered> {
  const document = await jsonOf(`${issuer}/.well-known/openid-configuration`, 'discovery')
  if (document['issuer'] !== issuer) throw new FlowRefusal('discovery: foreign issuer')
  return document as unknown as Discovered
}

export async function beginFlow(
  issuer: string,
  client: ProviderClient,
  parameters: Record<string, string> = {},
): Promise<BegunFlow> {
  const discovered = await discover(issuer)
  const [state, nonce, verifier] = [random(), random(), random()]
  const [redirectUri = ''] = client.redirectUris
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  })
  const url = `${discovered.authorization_endpoint}?${query}`
  return { client, discovered, state, nonce, verifier, redirectUri, url }
}

/**
 * Does with the provider's answer what an application has to (OpenID Connect Core 1.0 section 3.1.3.7, RFC 9207).
 *
 * @param returned  the address that the browser was sent back to
 * @returns the claims of the ID token
 * @throws FlowRefusal
 */
export async function finishFlow(flow: BegunFlow, returned: string): Promise<JWTPayload> {
  const { searchParams: answer } = new URL(returned)
  if (answer.get('state') !== flow.state) throw new FlowRefusal('answer: state')
  if (answer.get('iss') !== flow.discovered.issuer) throw new FlowRefusal('answer: issuer')
  if (answer.has('error')) throw new FlowRefusal(`answer: ${answer.get('error')}`)
  const tokens = await redeem(flow, answer.get('code') ?? '')
  if (typeof tokens['id_token'] !== 'string') throw new FlowRefusal('token: no ID token')
  return verify(flow, tokens['id_token'])
}

/** The token endpoint's answer (RFC 6749 section 4.1.3). @throws FlowRefusal */
export async function redeem(flow: BegunFlow, code: string): Promise<Record<string, unknown>> {
  const { client, discovered, redirectUri, verifier } = flow
  const inBody = client.authentication === 'client_secret_post'
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  return jsonOf(discovered.token_endpoint, 'token', {
    method: 'POST',
    headers: inBody ? {} : { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...(inBody && { client_id: client.id, client_secret: client.secret }),
    }),
  })
}

async function verify({ client, discovered, nonce }: BegunFlow, idToken: string): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(discovered.jwks_uri), { timeoutDuration: patienceMs })
  const rules = {
    issuer: discovered.issuer,
    audience: client.id,
    algorithms: ['RS256'],
    requiredClaims: ['sub', 'exp', 'iat'],
    maxTokenAge: 600,
  }
  const { payload } = await jwtVerify(idToken, keys, rules).catch((error: Refused) => {
    throw new FlowRefusal(`ID token: ${error.code}${error.claim ? ` ${error.claim} ${error.reason}` : ''}`)
  })
  if (payload['nonce'] !== nonce) throw new FlowRefusal('ID token: nonce')
  if (typeof payload.sub !== 'string' || payload.sub === '') throw new FlowRefusal('ID token: subject')
  if (Array.isArray(payload.aud) && payload['azp'] !== client.id) throw new FlowRefusal('ID token: azp')
  return payload
}

interface Refused {
  code?: string
  claim?: string
  reason?: string
}

/** @throws FlowRefusal  whatever happens instead of an object of JSON with status 200 */
async function jsonOf(url: string, what: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const answer = await fetchSoon(url, init).catch((error: Error) => {
    throw new FlowRefusal(`${what}: ${error.name === 'TimeoutError' ? 'silent' : 'cut'}`)
  })
  const text = await answer.text()
  const body = parse(text)
  if (answer.status !== 200)
    throw new FlowRefusal(`${what}: ${answer.status} ${body?.['error'] ?? ''}`.trim())
  if (!body) throw new FlowRefusal(`${what}: no JSON`)
  return body
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The S256 challenge of a verifier (RFC 7636 section 4.2). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

const random = () => randomBytes(32).toString('base64url')
