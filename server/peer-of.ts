import type { IncomingMessage } from 'node:http'
import { wasForwarded } from '#lib/http/client-address.ts'
import type { Peer } from '#lib/http/exchange.ts'

/** Where a request on our own server comes from. */
export function peerOf(incoming: IncomingMessage): Omit<Peer, 'hasPages'> {
  const forwarded = wasForwarded({ has: (name) => incoming.headers[name] !== undefined })
  return { address: incoming.socket.remoteAddress ?? '', wasForwarded: forwarded, via: 'node' }
}
