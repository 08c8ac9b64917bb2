import { addressBlock } from '#lib/limits/address-block.ts'
import { Problem } from '#lib/problems.ts'
import { inTurn, type MaybePromise } from '#lib/runtime/in-turn.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { clientAddressOf } from './client-address.ts'
import { preflightHeadersFor } from './cors.ts'
import { presentedCredential } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'
import type { Exchange, Peer } from './exchange.ts'
import { finishReply } from './finish-reply.ts'
import { isFormType } from './form-body.ts'
import { problemPage } from './problem-page.ts'
import { problemReply } from './problem-reply.ts'
import { recordRequest, requestIdOf } from './record-request.ts'
import { logRefusal, toProblem } from './refusal.ts'
import { type FinishedReply, type Reply, toResponse } from './reply.ts'
import { fromWeb, type HttpRequest } from './request.ts'
import { isApiPath, pathnameOf, type RouteMatch } from './router.ts'
import { requireWelcome } from './welcome.ts'

/**
 * Answers one request by the endpoints of its path, in the same turn of the event loop when nothing has to be waited for.
 * Never throws: the one catch of every way of serving is here.
 *
 * @param match  null when no path of the table fits
 */
export function answer(
  runtime: Runtime,
  match: RouteMatch | null,
  request: HttpRequest,
  peer: Peer,
): MaybePromise<FinishedReply> {
  const startedMs = runtime.clock.monotonicMs()
  const exchange = openExchange(runtime, match, request, peer)
  const endpoint = match && selectEndpoint(match, wantedMethod(exchange))
  return inTurn(replyTo(exchange, match, endpoint), (reply) => {
    const finished = finishReply(reply, exchange, endpoint, audienceOf(request, match, endpoint))
    record(exchange, match, endpoint, finished.status, (runtime.clock.monotonicMs() - startedMs) / 1000)
    return finished
  })
}

/** {@link answer} in the form of the Web. */
export async function respond(
  runtime: Runtime,
  match: RouteMatch | null,
  request: Request,
  peer: Peer,
): Promise<Response> {
  return toResponse(await answer(runtime, match, fromWeb(request), peer))
}

function openExchange(
  runtime: Runtime,
  match: RouteMatch | null,
  request: HttpRequest,
  peer: Peer,
): Exchange {
  const { headers } = request
  const { trustedProxies } = runtime.config
  const address = clientAddressOf(peer.address, headers.get('x-forwarded-for'), trustedProxies)
  const requestId = requestIdOf(runtime, headers.get('x-request-id'))
  return {
    runtime,
    request,
    requestId,
    client: { address, block: addressBlock(address), userAgent: headers.get('user-agent'), requestId },
    credential: presentedCredential(runtime.config, headers),
    peer,
    parameter: match?.parameter ?? '',
  }
}

const beyondForms = new Set(['PUT', 'PATCH', 'DELETE'])

/** A form cannot send DELETE; one of our pages says so in its address. */
function wantedMethod({ request, peer }: Exchange): string {
  const { method, headers, url } = request
  if (method === 'HEAD') return 'GET'
  if (method !== 'POST' || !peer.hasPages || !isFormType(headers)) return method
  const named = new URL(url).searchParams.get('_method')
  return named !== null && beyondForms.has(named) ? named : method
}

function selectEndpoint(match: RouteMatch, method: string): Endpoint | null {
  return match.route.endpoints.find(({ contract }) => contract.method === method) ?? null
}

function replyTo(
  exchange: Exchange,
  match: RouteMatch | null,
  endpoint: Endpoint | null,
): MaybePromise<Reply> {
  const refuseFor = (error: unknown) => refuse(exchange, match, toProblem(error))
  try {
    const reply = admitAndHandle(exchange, match, endpoint)
    return reply instanceof Promise ? reply.catch(refuseFor) : reply
  } catch (error) {
    return refuseFor(error)
  }
}

function admitAndHandle(
  exchange: Exchange,
  match: RouteMatch | null,
  endpoint: Endpoint | null,
): MaybePromise<Reply> {
  const { runtime, request, peer } = exchange
  if (!endpoint?.contract.anyHost) requireWelcome(runtime.config, request.headers, peer)
  if (request.method === 'OPTIONS') return preflight(match)
  if (!match) throw new Problem('not_found')
  if (runtime.phase === 'starting' && !endpoint?.contract.answersWhileStarting) {
    throw new Problem('unavailable', { because: 'starting', retryAfterSeconds: 1 })
  }
  if (!endpoint) throw new Problem('method_not_allowed')
  return endpoint.handle(exchange)
}

function allowedMethods(match: RouteMatch | null): string[] {
  const methods: string[] = match?.route.endpoints.map(({ contract }) => contract.method) ?? []
  if (match?.route.isPage) methods.push('GET')
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS']
}

function preflight(match: RouteMatch | null): Reply {
  return { status: 204, headers: preflightHeadersFor(allowedMethods(match)), cookies: [], body: null }
}

function refuse(exchange: Exchange, match: RouteMatch | null, problem: Problem): Reply {
  const { runtime, requestId, credential, request, peer } = exchange
  logRefusal(exchange, problem)
  if (wantsPage(request)) {
    const asked = { isNavigation: isReading(request), hasPages: peer.hasPages }
    return withAllow(varying(problemPage(runtime.config, problem, requestId, asked), request), problem, match)
  }
  const { appUrl, loginFailureStatus } = runtime.config
  const context = { appUrl, loginFailureStatus, requestId, presentedToken: credential.kind !== 'none' }
  return withAllow(varying(problemReply(problem, context), request), problem, match)
}

/** A person who looks at it in a browser. */
function wantsPage(request: HttpRequest): boolean {
  return mayBePerson(request) && (request.headers.get('accept') ?? '').includes('text/html')
}

/** They opened an address that is none of the API's, or sent a form. */
function mayBePerson(request: HttpRequest): boolean {
  return (isReading(request) && !isApiPath(pathnameOf(request.url))) || isFormType(request.headers)
}

const isReading = ({ method }: HttpRequest) => method === 'GET' || method === 'HEAD'

/** Tells caches where the same refusal is a page to one and JSON to another. */
function varying(reply: Reply, request: HttpRequest): Reply {
  return mayBePerson(request) ? { ...reply, headers: { ...reply.headers, vary: 'Origin, Accept' } } : reply
}

function withAllow(reply: Reply, problem: Problem, match: RouteMatch | null): Reply {
  if (problem.code !== 'method_not_allowed') return reply
  return { ...reply, headers: { ...reply.headers, allow: allowedMethods(match).join(', ') } }
}

/** A preflight asks for what follows it: who may read the answer to a GET may also ask whether. */
function audienceOf({ method }: HttpRequest, match: RouteMatch | null, endpoint: Endpoint | null) {
  const asked = method === 'OPTIONS' && match ? selectEndpoint(match, 'GET') : endpoint
  return asked?.contract.audience
}

function record(
  { runtime, request, requestId, client }: Exchange,
  match: RouteMatch | null,
  endpoint: Endpoint | null,
  status: number,
  seconds: number,
): void {
  recordRequest(runtime, {
    requestId,
    method: request.method,
    route: match?.route.path ?? 'unmatched',
    status,
    seconds,
    client: client.block,
    isDeprecated: endpoint?.contract.deprecated !== undefined,
  })
}
