import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerAuthorize } from './hostile-authorize.ts'
import {
  type Fault,
  flowCookie,
  type HostileControl,
  hostileControl,
  type RecordedRequest,
} from './hostile-control.ts'
import { failsAt } from './hostile-failures.ts'
import { answerToken } from './hostile-redeem.ts'
import { behaviourOf, type HostileRequest, type HostileState, sendJson } from './hostile-state.ts'
import { algorithmsOf, keySetOf, makeKeys } from './hostile-tokens.ts'
import { answerAboutUser, bearerOf } from './hostile-user.ts'
import { openLoopbackServer, readForm, readText } from './loopback-server.ts'
import type { ProviderClient } from './provider-client.ts'

/** A provider that runs. */
export interface HostileProvider extends HostileControl {
  stop(): Promise<void>
}

export interface HostileProviderOptions {
  clients?: readonly ProviderClient[]
  /** Default: any that is free. */
  port?: number
  /** Default: the machine's. */
  nowMs?: () => number
}

/**
 * An OpenID provider (code flow, PKCE by S256 required, RFC 9207) and a GitHub-like OAuth 2.0 server at one address,
 * which ask nobody anything and do wrong what they are told to ({@link Fault}); told nothing, they are right. They
 * record every request.
 */
export async function startHostileProvider(options: HostileProviderOptions = {}): Promise<HostileProvider> {
  const server = await openLoopbackServer(options.port)
  // Where the redirects lead to that nobody should follow.
  const elsewhere = await openLoopbackServer()
  const state: HostileState = {
    origin: server.origin,
    keys: makeKeys(),
    clients: new Map((options.clients ?? []).map((client) => [client.id, client])),
    behaviours: new Map(),
    codes: new Map(),
    accessTokens: new Map(),
    recorded: [],
    nowMs: options.nowMs ?? Date.now,
  }
  const listen = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', state.origin)
    if (pathname.startsWith('/control/')) {
      response.end(JSON.stringify(await obey(state, pathname, request)))
      return
    }
    const asked = await read(state, request, response)
    if (asked) await answer(state, asked, `${elsewhere.origin}/elsewhere`)
    else response.writeHead(404).end()
  }
  for (const one of [server, elsewhere])
    one.answerWith((request, response) => {
      listen(request, response).catch((error: Error) => response.writeHead(400).end(error.message))
    })
  return {
    ...hostileControl(server.origin),
    async stop() {
      await Promise.all([server.stop(), elsewhere.stop()])
    },
  }
}

const places: Record<string, Pick<RecordedRequest, 'endpoint' | 'personality'>> = {
  '/.well-known/openid-configuration': { endpoint: 'discovery', personality: 'openid' },
  '/authorize': { endpoint: 'authorize', personality: 'openid' },
  '/token': { endpoint: 'token', personality: 'openid' },
  '/jwks': { endpoint: 'jwks', personality: 'openid' },
  '/userinfo': { endpoint: 'user', personality: 'openid' },
  '/login/oauth/authorize': { endpoint: 'authorize', personality: 'github' },
  '/login/oauth/access_token': { endpoint: 'token', personality: 'github' },
  '/user': { endpoint: 'user', personality: 'github' },
  '/user/emails': { endpoint: 'emails', personality: 'github' },
  '/elsewhere': { endpoint: 'elsewhere', personality: 'openid' },
}

/** Reads and records. @returns null for a path of nobody's */
async function read(
  state: HostileState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<HostileRequest | null> {
  const { pathname, searchParams } = new URL(request.url ?? '/', state.origin)
  const place = places[pathname.replace(/^\/api\/v3(?=\/)/, '')]
  if (!place) return null
  const form = request.method === 'POST' ? await readForm(request) : {}
  const recorded: RecordedRequest = {
    ...place,
    method: request.method ?? '',
    path: pathname,
    parameters: { ...Object.fromEntries(searchParams), ...form },
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    flow: '',
  }
  recorded.flow = flowOf(state, recorded)
  state.recorded.push(recorded)
  return { recorded, faults: new Set<Fault>(behaviourOf(state, recorded.flow).faults), response }
}

/** The browser carries it; the application, which does not, is known by the code or the access token. */
function flowOf(state: HostileState, { endpoint, headers, parameters }: RecordedRequest): string {
  if (endpoint === 'authorize')
    return new RegExp(`(?:^|; )${flowCookie}=([^;]+)`).exec(headers['cookie'] ?? '')?.[1] ?? ''
  const grant =
    state.codes.get(parameters['code'] ?? '') ?? state.accessTokens.get(bearerOf(headers['authorization']))
  return grant?.flow ?? ''
}

async function answer(state: HostileState, request: HostileRequest, elsewhere: string): Promise<void> {
  const { recorded, faults, response } = request
  const { endpoint } = recorded
  if (endpoint === 'authorize') answerAuthorize(state, request)
  else if (endpoint === 'elsewhere') sendJson(request, 200, {})
  else if (failsAt(endpoint, faults, response, elsewhere)) return
  else if (endpoint === 'discovery') sendJson(request, 200, metadataOf(state.origin, faults))
  else if (endpoint === 'jwks') sendJson(request, 200, keySetOf(state.keys, faults))
  else if (endpoint === 'token') await answerToken(state, request)
  else answerAboutUser(state, request)
}

/** OpenID Connect Discovery 1.0 section 3. */
function metadataOf(origin: string, faults: ReadonlySet<Fault>): object {
  return {
    issuer: faults.has('discovery-foreign-issuer') ? 'https://issuer.example.com' : origin,
    authorization_endpoint: authorizationEndpoint(origin, faults),
    token_endpoint: `${origin}/token`,
    userinfo_endpoint: `${origin}/userinfo`,
    jwks_uri: `${origin}/jwks`,
    scopes_supported: ['openid', 'email', 'profile'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithmsOf(faults),
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

function authorizationEndpoint(origin: string, faults: ReadonlySet<Fault>): string {
  if (faults.has('discovery-script-address')) return 'javascript:alert(document.domain)//'
  return faults.has('discovery-plain-address') ? 'http://provider.example/authorize' : `${origin}/authorize`
}

/** {@link HostileControl} at the other end. @returns what is answered */
async function obey(state: HostileState, path: string, request: IncomingMessage): Promise<unknown> {
  if (path === '/control/requests') return state.recorded
  const body = JSON.parse(await readText(request))
  if (path === '/control/behaviour') state.behaviours.set(body.flow, body.behaviour)
  else if (path === '/control/client') state.clients.set(body.id, body)
  else if (path === '/control/reset') forget(state)
  else throw new Error(`no such order: ${path}`)
  return {}
}

function forget(state: HostileState): void {
  for (const one of [state.behaviours, state.codes, state.accessTokens]) one.clear()
  state.recorded.length = 0
}
