import { presentedDevice, presentedSessionId } from '#lib/auth/browser.ts'
import type { SocialProvider } from '#lib/config/config.ts'
import type { Endpoint } from '#lib/http/endpoint.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { requireNavigation } from '#lib/http/navigation.ts'
import { problemPage } from '#lib/http/problem-page.ts'
import { logRefusal, toProblem } from '#lib/http/refusal.ts'
import type { Reply } from '#lib/http/reply.ts'
import { knowsAccount, rememberAccount } from '#lib/limits/known-device.ts'
import { Problem, problems } from '#lib/problems.ts'
import { authenticate, type Principal } from '#lib/session/authenticate.ts'
import { deviceCookie, lastUsedCookie, sessionCookie } from '#lib/session/session-cookie.ts'
import { signInWithCredentials } from './auth-js/credentials.ts'
import { leadOn, readFields, requireOwnOrigin } from './auth-js/exchange.ts'
import { leadToPage } from './auth-js/lead-away.ts'
import { type DanceEnd, type DanceSteps, endWithAuthJs } from './auth-js/run-dance.ts'
import { presentedPrincipal } from './auth-js/session.ts'
import { authJsCallbackContract, authJsFormCallbackContract } from './auth-js.contract.ts'
import { clearedDance, presentedDance } from './begin-dance.ts'
import type { Dance } from './dance.ts'
import { handOver, leadBack } from './hand-over.ts'
import { linkToAccount } from './link-identity.ts'
import { findProvider } from './provider-name.ts'
import { recordRefusal } from './record-refusal.ts'
import { requireIdentityOf } from './require-identity-of.ts'
import { admitIdentity, beginIdentitySession, createAccountOf } from './sign-in-with-identity.ts'

export const authJsCallbackEndpoint: Endpoint = {
  contract: authJsCallbackContract,
  handle: endDance,
}

/**
 * Apple answers with a form of its own page, which brings no cookie along: neither those of the dance nor the session's,
 * which connecting needs. So what it says is led on to where the other providers lead.
 */
export const authJsFormCallbackEndpoint: Endpoint = {
  contract: authJsFormCallbackContract,
  async handle(exchange) {
    if (exchange.parameter === 'credentials') {
      requireOwnOrigin(exchange)
      return signInWithCredentials(exchange, await readFields(exchange))
    }
    if (exchange.parameter !== 'apple') throw new Problem('not_found', { because: 'no provider that posts' })
    const said = await readFields(exchange)
    const told = [...said].filter(([name]) => ofWayBack.has(name))
    const location = `${exchange.runtime.config.appUrl}/api/auth/callback/apple?${new URLSearchParams(told)}`
    return { status: 303, headers: { location }, cookies: [], body: null }
  },
}

/**
 * RFC 6749 section 4.1.2, RFC 9207 section 2. Apple also names the person once, which is not needed and would stay in
 * histories.
 */
const ofWayBack = new Set(['code', 'state', 'iss', 'error'])

async function endDance(exchange: Exchange): Promise<Reply> {
  const { runtime, request, client } = exchange
  requireNavigation(exchange)
  const provider = findProvider(runtime, exchange.parameter)
  if (!provider) throw new Problem('not_found', { because: 'no such provider' })
  runtime.limits.requireOpen('dance_end', client.block)
  await runtime.limits.windows.use('dance_end', client.block)
  const cookies = request.headers.get('cookie')
  const query = new URL(request.url).searchParams
  const dance = presentedDance(runtime, { provider, cookies, state: query.get('state') })
  try {
    if (!dance) throw new Problem('social_state_lost', { because: 'no dance of this browser' })
    const end = await endWithAuthJs(runtime, { provider, cookies, query }, stepsOf(exchange, dance))
    return await leadToEnd(exchange, provider, end)
  } catch (error) {
    return refuse(exchange, provider, dance, toProblem(error))
  }
}

/** What is done with the identity, by what the dance is for. */
function stepsOf(exchange: Exchange, { purpose }: Dance): DanceSteps {
  const { runtime, client } = exchange
  return {
    async admit(identity) {
      switch (purpose.kind) {
        case 'sign_in':
          if (purpose.ownerId !== undefined) await requireIdentityOf(runtime, identity, purpose.ownerId)
          return admitIdentity(runtime, identity, client)
        case 'hand_over':
          return { elsewhere: await handOver(runtime, identity, purpose.place) }
        case 'link': {
          const { user, session } = await requireSameSession(exchange, purpose.sessionId)
          await linkToAccount(runtime, { user, sessionId: session.id, client }, identity)
          return { elsewhere: withDone(runtime.config.appUrl, purpose.page, identity.provider) }
        }
      }
    },
    create: (identity) => createAccountOf(runtime, identity, client),
  }
}

/** Somebody else could have signed in here meanwhile, or been lured into another one's dance. */
async function requireSameSession({ runtime, credential }: Exchange, sessionId: string): Promise<Principal> {
  const principal = await authenticate(runtime, credential)
  if (principal.session.id === sessionId) return principal
  throw new Problem('social_state_lost', { because: 'another session began the dance' })
}

function withDone(appUrl: string, page: string, provider: string): string {
  const url = new URL(page, appUrl)
  url.searchParams.set('done', 'connected')
  url.searchParams.set('provider', provider)
  return url.href
}

async function leadToEnd(exchange: Exchange, provider: SocialProvider, end: DanceEnd): Promise<Reply> {
  const { runtime } = exchange
  const ended = [...end.cookies, clearedDance(runtime)]
  if (!end.signedIn) return leadOn(exchange, end.redirect, ended)
  const { user, identity } = end.signedIn
  const device = presentedDevice(runtime, exchange.request.headers.get('cookie'))
  const replacesSessionId = await presentedSessionId(runtime, exchange.credential)
  const issued = await beginIdentitySession(runtime, user, identity, {
    kind: 'cookie',
    remember: true,
    client: exchange.client,
    isKnownDevice: device !== null && knowsAccount(runtime.roots, device, user),
    ...(replacesSessionId && { replacesSessionId }),
  })
  if (issued.kind !== 'cookie') throw new Error('a browser was given tokens')
  const known = rememberAccount(runtime.roots, runtime.random, device, issued.user)
  return {
    status: 303,
    headers: { location: end.redirect },
    cookies: [
      ...ended,
      sessionCookie(runtime.config, issued.credential, issued.maxAgeSeconds),
      deviceCookie(runtime.config, known),
      lastUsedCookie(runtime.config, provider.id),
    ],
    body: null,
  }
}

async function refuse(
  exchange: Exchange,
  provider: SocialProvider,
  dance: Dance | null,
  problem: Problem,
): Promise<Reply> {
  const { runtime, client, peer, requestId } = exchange
  const isOurs = problem.code === 'unavailable' || problem.code === 'internal_error'
  if (!isOurs) {
    const userId = await ownerOf(exchange, dance)
    await recordRefusal(runtime, { provider: provider.id, client, userId }, problem)
  }
  // What is nobody's must not end a dance that goes on in another tab.
  const cookies = dance ? [clearedDance(runtime)] : []
  if (dance?.purpose.kind === 'hand_over' && !isOurs) {
    logRefusal(exchange, problem)
    const description = problem.options.detail ?? problems[problem.code].detail
    const told = { error: problem.code, error_description: description }
    return { status: 303, headers: { location: leadBack(dance.purpose.place, told) }, cookies, body: null }
  }
  if (peer.hasPages && !isOurs) {
    const page = dance && dance.purpose.kind !== 'hand_over' ? dance.purpose.page : '/login'
    return leadToPage(exchange, problem, { page, provider: provider.id, cookies })
  }
  // Without pages of ours a browser is shown a bare one; whoever else asks gets the problem.
  if (!(exchange.request.headers.get('accept') ?? '').includes('text/html')) throw problem
  logRefusal(exchange, problem)
  const asked = { isNavigation: false, hasPages: peer.hasPages }
  return { ...problemPage(runtime.config, problem, requestId, asked), cookies }
}

/** Who was signed in and began the dance, as far as that still holds. */
async function ownerOf({ runtime, credential }: Exchange, dance: Dance | null): Promise<number | null> {
  if (dance?.purpose.kind === 'sign_in') return dance.purpose.ownerId ?? null
  if (dance?.purpose.kind !== 'link') return null
  const principal = await presentedPrincipal(runtime, credential)
  return principal?.session.id === dance.purpose.sessionId ? principal.user.id : null
}
