import type { IncomingMessage } from 'node:http'
import { wasForwarded } from '#lib/http/client-address.ts'
import type { Peer } from '#lib/http/exchange.ts'
import { headersOf } from './node-request.ts'

/** Where a request comes from, as its socket and its headers say. */
export function peerOf(incoming: IncomingMessage, via: Peer['via'], hasPages: boolean): Peer {
  const forwarded = wasForwarded(headersOf(incoming))
  return { address: incoming.socket.remoteAddress ?? '', wasForwarded: forwarded, via, hasPages }
}
