import type { Deprecation } from './contract.ts'
import { corsHeaders } from './cors.ts'
import { deprecationHeaders } from './deprecation.ts'
import type { Endpoint } from './endpoint.ts'
import type { Exchange } from './exchange.ts'
import { type FinishedReply, isChunked, type Reply } from './reply.ts'
import { securityHeaders } from './security-headers.ts'

/**
 * Adds to a reply what every answer says. Where the reply says something else under the same name, that stands.
 *
 * @param endpoint  that answered; null for what is answered before there is any
 * @param audience  who may read the answer
 */
export function finishReply(
  reply: Reply,
  exchange: Exchange,
  endpoint: Endpoint | null,
  audience: 'public' | undefined,
): FinishedReply {
  const { runtime, request, requestId, peer } = exchange
  const own = ownHeaders(reply, endpoint?.contract.deprecated, peer.via === 'next')
  const headers = ['x-request-id', requestId, 'server-timing', `via;desc=${peer.via}`]
  addUnlessNamed(headers, securityHeaders(runtime.config), own)
  addUnlessNamed(headers, corsHeaders(runtime.config, request.headers.get('origin'), audience), own)
  for (const name in own) headers.push(name, own[name] ?? '')
  for (const cookie of reply.cookies) headers.push('set-cookie', cookie)
  const isHead = request.method === 'HEAD'
  const length = lengthToTell(reply, isHead, peer.via)
  if (length !== null && own['content-length'] === undefined) headers.push('content-length', String(length))
  // A client on a connection that is about to close must not send its next request on it.
  if (runtime.phase === 'stopping') headers.push('connection', 'close')
  return { status: reply.status, headers, body: isHead ? null : reply.body }
}

function addUnlessNamed(headers: string[], added: Reply['headers'], own: Reply['headers']): void {
  for (const name in added) if (own[name] === undefined) headers.push(name, added[name] ?? '')
}

/** The reply's own, which are most often all that there is to say. */
function ownHeaders({ headers }: Reply, deprecated: Deprecation | undefined, isNext: boolean) {
  const own = deprecated ? withDeprecation(headers, deprecated) : headers
  // Next compresses on its way out: what arrives is then no longer these bytes (RFC 9110 section 8.8.1).
  return isNext && own['etag']?.startsWith('"') ? { ...own, etag: `W/${own['etag']}` } : own
}

function withDeprecation(headers: Reply['headers'], deprecated: Deprecation): Reply['headers'] {
  const { link, ...others } = deprecationHeaders(deprecated)
  // Link is a list, and the answer may already lead to its next page.
  const links = [headers['link'], link].filter((one) => one !== undefined).join(', ')
  return { ...headers, ...others, ...(links !== '' && { link: links }) }
}

/**
 * The length of the body, which the answer to HEAD tells as well (RFC 9110 section 9.3.2). Null where none may be told or
 * is known, and for what Next sends, which tells it by itself.
 */
function lengthToTell({ status, body }: Reply, isHead: boolean, via: 'node' | 'next'): number | null {
  if (status === 204 || status === 304 || isChunked(body)) return null
  if (via === 'next' && !(isHead && body !== null)) return null
  return body === null ? 0 : Buffer.byteLength(body)
}
