import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose'
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
  giveUp: AbortSignal
  /** Where the browser goes. */
  url: string
}

/** A refusal of {@link finishFlow}; its message says which check it was. */
export class FlowRefusal extends Error {}

/** What may differ from flow to flow. */
export interface FlowOptions {
  /** Added to those of the request, or instead of them. */
  parameters?: Record<string, string>
  /** Ends the application's patience; what then has no answer is refused as late. Default: it waits for ever. */
  giveUp?: AbortSignal
}

/** @throws FlowRefusal  if the discovery document is not that of this issuer, or none comes */
export async function beginFlow(
  issuer: string,
  client: ProviderClient,
  options: FlowOptions = {},
): Promise<BegunFlow> {
  const { giveUp = new AbortController().signal } = options
  const discovered = await discover(issuer, giveUp)
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
    ...options.parameters,
  })
  const url = `${discovered.authorization_endpoint}?${query}`
  return { client, discovered, state, nonce, verifier, redirectUri, giveUp, url }
}

async function discover(issuer: string, giveUp: AbortSignal): Promise<Discovered> {
  const document = await jsonOf(`${issuer}/.well-known/openid-configuration`, 'discovery', giveUp)
  if (document['issuer'] !== issuer) throw new FlowRefusal('discovery: foreign issuer')
  return document as unknown as Discovered
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
  return jsonOf(discovered.token_endpoint, 'token', flow.giveUp, {
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

async function verify(flow: BegunFlow, idToken: string): Promise<JWTPayload> {
  const { client, discovered, nonce } = flow
  const keys = createRemoteJWKSet(new URL(discovered.jwks_uri), {
    [customFetch]: async (url) => Response.json(await jsonOf(url, 'keys', flow.giveUp)),
  })
  const rules = {
    issuer: discovered.issuer,
    audience: client.id,
    algorithms: ['RS256'],
    requiredClaims: ['sub', 'exp', 'iat'],
    maxTokenAge: 600,
  }
  const { payload } = await jwtVerify(idToken, keys, rules).catch((error: errors.JOSEError | FlowRefusal) => {
    throw error instanceof FlowRefusal ? error : new FlowRefusal(`ID token: ${reasonOf(error)}`)
  })
  if (payload['nonce'] !== nonce) throw new FlowRefusal('ID token: nonce')
  if (typeof payload.sub !== 'string' || payload.sub === '') throw new FlowRefusal('ID token: subject')
  if (Array.isArray(payload.aud) && payload['azp'] !== client.id) throw new FlowRefusal('ID token: azp')
  return payload
}

function reasonOf(error: errors.JOSEError): string {
  const isClaim = error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired
  return isClaim ? `${error.code} ${error.claim} ${error.reason}` : error.code
}

/** @throws FlowRefusal  whatever comes instead of an object of JSON with status 200 */
async function jsonOf(
  url: string,
  what: string,
  giveUp: AbortSignal,
  init: RequestInit = {},
): Promise<Record<string, unknown>> {
  const { status, text } = await exchange(url, giveUp, init).catch((error: Error) => {
    throw new FlowRefusal(`${what}: ${error.name === 'AbortError' ? 'late' : 'cut'}`)
  })
  const body = parse(text)
  if (status !== 200) throw new FlowRefusal(`${what}: ${status} ${body?.['error'] ?? ''}`.trim())
  if (!body) throw new FlowRefusal(`${what}: no JSON`)
  return body
}

async function exchange(url: string, signal: AbortSignal, init: RequestInit) {
  const answer = await fetch(url, { redirect: 'manual', signal, ...init })
  return { status: answer.status, text: await answer.text() }
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
