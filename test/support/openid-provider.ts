import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider'
import { escapeHtml, htmlPage, openLoopbackServer, readText } from './loopback-server.ts'
import {
  defaultPassword,
  type NewProviderUser,
  type OpenIdControl,
  openIdControl,
  type ProviderUser,
} from './openid-control.ts'
import { answerInteraction } from './openid-pages.ts'
import { memoryAdapter } from './openid-store.ts'
import type { ProviderClient } from './provider-client.ts'

/** A provider that runs. */
export interface OpenIdProvider extends OpenIdControl {
  stop(): Promise<void>
}

export interface OpenIdProviderOptions {
  clients?: readonly ProviderClient[]
  users?: readonly NewProviderUser[]
  /** Default: any that is free. */
  port?: number
  /** What it calls itself, behind a proxy that has that address; default: where it listens. It then requires no PKCE. */
  issuer?: string
}

/**
 * A real OpenID provider of this machine (OpenID Connect Core 1.0, code flow only), with login and consent pages that
 * work without scripts (`e2e/support/providers.ts` passes them). It requires PKCE by S256, sends `iss` with the code
 * (RFC 9207), knows the scopes openid, email and profile, and remembers a browser that has signed in, and what was
 * consented to, until its cookies are gone.
 */
export async function startOpenIdProvider(options: OpenIdProviderOptions = {}): Promise<OpenIdProvider> {
  const server = await openLoopbackServer(options.port)
  const users = new Map<string, ProviderUser>()
  const { store, adapter } = memoryAdapter()
  const { issuer } = options
  const settings = configurationFor(server.origin, users, adapter)
  const provider = new Provider(issuer ?? server.origin, {
    ...settings,
    ...(issuer && { pkce: { required: () => false, methods: ['S256'] } }),
  })
  provider.proxy = issuer !== undefined
  const answer = provider.callback()

  function setUser(given: Partial<ProviderUser>): ProviderUser {
    const subject = given.subject ?? ''
    const before = users.get(subject)
    const user = { ...(before ?? { ...unnamed, name: subject }), ...given, subject }
    if (!subject || !user.email) throw new Error('a user has a subject and an e-mail address')
    users.set(subject, user)
    return user
  }

  function setClient(client: ProviderClient): void {
    store.set(`Client:${client.id}`, metadataOf(client))
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', server.origin).pathname
    if (path.startsWith('/interaction/')) {
      await answerInteraction(provider, users, request, response)
    } else if (request.method === 'POST' && path === '/control/user') {
      response.end(JSON.stringify(setUser(JSON.parse(await readText(request)))))
    } else if (request.method === 'POST' && path === '/control/client') {
      setClient(JSON.parse(await readText(request)))
      response.end('{}')
    } else await answer(request, response)
  }

  for (const user of options.users ?? []) setUser(user)
  for (const client of options.clients ?? []) setClient(client)
  server.answerWith((request, response) => {
    respond(request, response).catch((error: Error) => {
      response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' })
      response.end(htmlPage('That did not work', `<p>${escapeHtml(error.message)}</p>`))
    })
  })
  return { ...openIdControl(server.origin), stop: server.stop }
}

const unnamed = { password: defaultPassword, email: '', emailVerified: true }

function metadataOf(client: ProviderClient): ClientMetadata {
  return {
    client_id: client.id,
    client_secret: client.secret,
    redirect_uris: [...client.redirectUris],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: client.authentication ?? 'client_secret_basic',
  }
}

const secondsOf = { code: 60, token: 3600, stay: 86_400 }

function configurationFor(
  issuer: string,
  users: ReadonlyMap<string, ProviderUser>,
  adapter: Configuration['adapter'],
): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { port } = new URL(issuer)
  return {
    adapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    // Browsers keep the cookies of all ports of a host together.
    cookies: {
      keys: [randomBytes(32).toString('hex')],
      names: { session: `session_${port}`, interaction: `interaction_${port}`, resume: `resume_${port}` },
      long: { httpOnly: true, sameSite: 'lax', signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    pkce: { required: () => true, methods: ['S256'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    scopes: ['openid', 'email', 'profile'],
    responseTypes: ['code'],
    // As the providers that people know do: the claims are in the ID token too.
    conformIdTokenClaims: false,
    clientBasedCORS: () => false,
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    ttl: {
      AuthorizationCode: secondsOf.code,
      AccessToken: secondsOf.token,
      IdToken: secondsOf.token,
      Interaction: secondsOf.token,
      Session: secondsOf.stay,
      Grant: secondsOf.stay,
    },
    findAccount: (_, subject) => {
      const user = users.get(subject)
      return user && { accountId: subject, claims: () => claimsOf(user) }
    },
    renderError: (context, { error, error_description: detail = '' }) => {
      context.type = 'html'
      context.body = htmlPage('That did not work', `<p>${escapeHtml(error)}: ${escapeHtml(detail)}</p>`)
    },
  }
}

function claimsOf({ subject, email, emailVerified, name }: ProviderUser) {
  return { sub: subject, email, email_verified: emailVerified, name }
}
