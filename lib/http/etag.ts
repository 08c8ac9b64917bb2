import { sha256Key } from '#lib/crypto/digest.ts'
import type { Reply } from './reply.ts'

/** A strong entity tag of a text (RFC 9110 section 8.8.3): 128 bits of its SHA-256, quoted. */
export function etagOf(text: string): string {
  return `"${sha256Key(text).slice(0, 22)}"`
}

/**
 * The reply as it goes to a client that says which one it has: 304 without a body when it is this one. Compared weakly,
 * as RFC 9110 section 13.1.2 asks of If-None-Match.
 */
export function onCondition(reply: Reply, ifNoneMatch: string | null): Reply {
  const { etag } = reply.headers
  if (ifNoneMatch === null || etag === undefined || !names(ifNoneMatch, etag)) return reply
  const { 'content-type': _, ...headers } = reply.headers
  return { ...reply, status: 304, headers, body: null }
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//, '') === etag)
}
