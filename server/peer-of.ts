import type { IncomingMessage } from 'node:http'
import { wasForwarded } from '#lib/http/client-address.ts'
import type { Peer } from '#lib/http/exchange.ts'

/** Where a request comes from, as its socket and its headers say. */
export function peerOf(incoming: IncomingMessage, via: Peer['via']): Omit<Peer, 'hasPages'> {
  const forwarded = wasForwarded({ has: (name) => incoming.headers[name] !== undefined })
  return { address: incoming.socket.remoteAddress ?? '', wasForwarded: forwarded, via }
}

/** Null for a header that is missing, or that Node keeps as a list. */
export function headerOf(incoming: IncomingMessage, name: string): string | null {
  const value = incoming.headers[name]
  return typeof value === 'string' ? value : null
}
