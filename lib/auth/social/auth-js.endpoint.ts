import type { Endpoint } from '#lib/http/endpoint.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { jsonReply, type Reply } from '#lib/http/reply.ts'
import { safeNext } from '#lib/http/safe-next.ts'
import { Problem } from '#lib/problems.ts'
import { clearedSessionCookie } from '#lib/session/session-cookie.ts'
import { callAuthJs } from './auth-js/call.ts'
import { leadOn, readFields, requireOwnOrigin } from './auth-js/exchange.ts'
import { ownRedirect } from './auth-js/run-dance.ts'
import { readAuthSession } from './auth-js/session.ts'
import {
  authJsCsrfContract,
  authJsErrorPageContract,
  authJsProvidersContract,
  authJsSessionContract,
  authJsSignInPageContract,
  authJsSignOutContract,
  authJsUpdateContract,
} from './auth-js.contract.ts'
import { endPresentedSession } from './sign-out.ts'

export const authJsProvidersEndpoint: Endpoint = {
  contract: authJsProvidersContract,
  handle: async (exchange) => jsonReply(200, JSON.stringify(providersOf(exchange))),
}

/** As Auth.js tells them; asked of the settings, because Auth.js would have to be loaded for it. */
function providersOf({ runtime: { config } }: Exchange) {
  const known = config.social.providers.map(({ id, name }) => ({
    id,
    name,
    type: isOauth.has(id) ? 'oauth' : 'oidc',
  }))
  const all = [...known, { id: 'credentials', name: 'Password', type: 'credentials' }]
  const below = `${config.appUrl}/api/auth`
  return Object.fromEntries(
    all.map((one) => [
      one.id,
      { ...one, signinUrl: `${below}/signin/${one.id}`, callbackUrl: `${below}/callback/${one.id}` },
    ]),
  )
}

const isOauth = new Set<string>(['github', 'gitlab', 'discord'])

export const authJsCsrfEndpoint: Endpoint = {
  contract: authJsCsrfContract,
  async handle({ runtime, request }) {
    const cookies = request.headers.get('cookie')
    const answer = await callAuthJs(runtime, { method: 'GET', path: '/csrf', cookies }, { providers: [] })
    return { ...jsonReply(200, JSON.stringify(answer.body)), cookies: answer.cookies }
  },
}

export const authJsSessionEndpoint: Endpoint = {
  contract: authJsSessionContract,
  handle: async (exchange) => jsonReply(200, JSON.stringify(await readAuthSession(exchange))),
}

/** `update()` of useSession: what it was told is not looked at. */
export const authJsUpdateEndpoint: Endpoint = {
  contract: authJsUpdateContract,
  async handle(exchange) {
    requireOwnOrigin(exchange)
    await readFields(exchange)
    return jsonReply(200, JSON.stringify(await readAuthSession(exchange)))
  },
}

export const authJsSignInPageEndpoint: Endpoint = {
  contract: authJsSignInPageContract,
  handle: async (exchange) => toSignInPage(exchange),
}

export const authJsErrorPageEndpoint: Endpoint = {
  contract: authJsErrorPageContract,
  handle: async (exchange) => toSignInPage(exchange),
}

function toSignInPage({ runtime: { config }, request, peer }: Exchange): Reply {
  const arePagesOurs = config.pagesUrl === config.appUrl
  if (arePagesOurs && !peer.hasPages) throw new Problem('not_found', { because: 'there are no pages' })
  const wanted = new URL(request.url).searchParams.get('callbackUrl')
  const path = wanted?.startsWith(`${config.appUrl}/`) ? wanted.slice(config.appUrl.length) : wanted
  const next = safeNext(config, path ?? null)
  const query = next ? `?${new URLSearchParams({ next })}` : ''
  return { status: 302, headers: { location: `${config.pagesUrl}/login${query}` }, cookies: [], body: null }
}

export const authJsSignOutEndpoint: Endpoint = {
  contract: authJsSignOutContract,
  async handle(exchange) {
    const { runtime, credential, client } = exchange
    requireOwnOrigin(exchange)
    const fields = await readFields(exchange)
    await endPresentedSession(runtime, credential, client)
    const wanted = fields.get('callbackUrl')
    const next = wanted ? ownRedirect(runtime, wanted) : `${runtime.config.pagesUrl}/login?done=signed-out`
    return leadOn(exchange, next, [clearedSessionCookie(runtime.config)])
  },
}
