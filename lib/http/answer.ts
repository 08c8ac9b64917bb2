import { isDatabaseUnavailable } from '#db/errors.ts'
import { isLoopbackHost } from '#lib/config/loopback.ts'
import { addressBlock } from '#lib/limits/address-block.ts'
import { Problem, problems } from '#lib/problems.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { clientAddressOf, wasForwarded } from './client-address.ts'
import { corsHeaders, preflightHeadersFor } from './cors.ts'
import { presentedCredential } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'
import type { Exchange, Peer } from './exchange.ts'
import { isOwnHost } from './host.ts'
import { problemReply } from './problem-reply.ts'
import { type Reply, toResponse } from './reply.ts'
import type { RouteMatch } from './router.ts'
import { securityHeaders } from './security-headers.ts'

const acceptableRequestId = /^[\w.-]{8,64}$/

/**
 * Answers one request by the endpoints of its path. Never throws: the one catch of every way of serving is here.
 *
 * @param match  null when no path of the table fits
 */
export async function answer(
  runtime: Runtime,
  match: RouteMatch | null,
  request: Request,
  peer: Peer,
): Promise<Response> {
  const startedMs = runtime.clock.monotonicMs()
  const exchange = openExchange(runtime, match, request, peer)
  const endpoint = match && selectEndpoint(match, request.method)
  const reply = await replyTo(exchange, match, endpoint, peer)
  const finished = decorate(reply, exchange, endpoint, peer)
  record(exchange, match, finished.status, (runtime.clock.monotonicMs() - startedMs) / 1000)
  return toResponse(request.method === 'HEAD' ? { ...finished, body: null } : finished)
}

function openExchange(runtime: Runtime, match: RouteMatch | null, request: Request, peer: Peer): Exchange {
  const { headers } = request
  const offeredId = headers.get('x-request-id') ?? ''
  const { trustedProxies } = runtime.config
  const address = clientAddressOf(peer.address, headers.get('x-forwarded-for'), trustedProxies)
  return {
    runtime,
    request,
    requestId: acceptableRequestId.test(offeredId)
      ? offeredId
      : newUuidV7(runtime.random, runtime.clock.now()),
    client: { address, block: addressBlock(address), userAgent: headers.get('user-agent') },
    credential: presentedCredential(runtime.config, headers),
    parameter: match?.parameter ?? '',
  }
}

function selectEndpoint(match: RouteMatch, method: string): Endpoint | null {
  const wanted = method === 'HEAD' ? 'GET' : method
  return match.route.endpoints.find(({ contract }) => contract.method === wanted) ?? null
}

async function replyTo(
  exchange: Exchange,
  match: RouteMatch | null,
  endpoint: Endpoint | null,
  peer: Peer,
): Promise<Reply> {
  try {
    if (!endpoint?.contract.anyHost) requireOwnHost(exchange, peer)
    if (exchange.request.method === 'OPTIONS') return preflight(match)
    if (!match) throw new Problem('not_found')
    if (!endpoint) throw new Problem('method_not_allowed')
    if (exchange.runtime.phase === 'starting' && !endpoint.contract.answersWhileStarting) {
      throw new Problem('unavailable', { because: 'starting', retryAfterSeconds: 1 })
    }
    return await endpoint.handle(exchange)
  } catch (error) {
    return refuse(exchange, match, toProblem(error))
  }
}

function requireOwnHost({ runtime, request }: Exchange, peer: Peer): void {
  const { config } = runtime
  const host = request.headers.get('host')
  if (!isOwnHost(config, host)) throw new Problem('misdirected_host', { because: `host ${host}` })
  if (config.mode !== 'trial' || peer.via !== 'node') return
  if (wasForwarded(request.headers) || !isLoopbackHost(peer.address)) throw new Problem('loopback_only')
}

function allowedMethods(match: RouteMatch | null): string[] {
  const methods = match?.route.endpoints.map(({ contract }) => contract.method) ?? []
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS']
}

function preflight(match: RouteMatch | null): Reply {
  return { status: 204, headers: preflightHeadersFor(allowedMethods(match)), cookies: [], body: null }
}

/** What is thrown is a refusal, a database that does not answer, or a fault of ours. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isDatabaseUnavailable(error)) return new Problem('unavailable', { retryAfterSeconds: 1, cause: error })
  return new Problem('internal_error', { cause: error })
}

function refuse(exchange: Exchange, match: RouteMatch | null, problem: Problem): Reply {
  const { runtime, requestId, credential } = exchange
  const { status } = problems[problem.code]
  const fields = { request_id: requestId, code: problem.code, because: problem.options.because }
  if (status >= 500) runtime.log.error({ ...fields, error: problem.cause }, 'request failed')
  else runtime.log.debug(fields, 'request refused')
  const reply = problemReply(problem, {
    appUrl: runtime.config.appUrl,
    requestId,
    presentedToken: credential.kind !== 'none',
  })
  if (problem.code === 'method_not_allowed') reply.headers['allow'] = allowedMethods(match).join(', ')
  const refusedSignIn = problem.code === 'invalid_credentials' && runtime.config.loginFailureStatus !== status
  return refusedSignIn ? withStatus(reply, runtime.config.loginFailureStatus) : reply
}

/** For a front end that takes every 401 as a dead session (LOGIN_FAILURE_STATUS). */
function withStatus(reply: Reply, status: number): Reply {
  return { ...reply, status, body: JSON.stringify({ ...JSON.parse(reply.body ?? '{}'), status }) }
}

function decorate(reply: Reply, exchange: Exchange, endpoint: Endpoint | null, peer: Peer): Reply {
  const { runtime, request, requestId } = exchange
  return {
    ...reply,
    headers: {
      ...securityHeaders(runtime.config),
      ...corsHeaders(runtime.config, request.headers.get('origin'), endpoint?.contract.audience),
      'x-request-id': requestId,
      'server-timing': `via;desc=${peer.via}`,
      // A client on a connection that is about to close must not send its next request on it.
      ...(runtime.phase === 'stopping' && { connection: 'close' }),
      ...reply.headers,
    },
  }
}

function record(exchange: Exchange, match: RouteMatch | null, status: number, seconds: number): void {
  const { runtime, request, requestId, client } = exchange
  const route = match?.route.path ?? 'unmatched'
  const { method } = request
  runtime.metrics.observeRequest({
    method: knownMethods.has(method) ? method : 'other',
    route,
    status,
    seconds,
  })
  runtime.log.info(
    {
      request_id: requestId,
      method,
      route,
      status,
      duration_ms: Math.round(seconds * 1e6) / 1e3,
      client: client.block,
    },
    'request',
  )
}

/** A label for every invented method would let anybody fill the memory of the metrics. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])
