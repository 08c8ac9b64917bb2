import type { IncomingMessage } from 'node:http'
import { wasForwarded } from './client-address.ts'
import type { Peer } from './exchange.ts'

/**
 * Next adds X-Forwarded-* to every request, takes those of the client for true, and shows no socket to its handlers.
 * So where Next has a server of its own, the socket's address is noted on the request before Next sees it
 * (server/before-next.ts), in a header that no client can set there.
 */
const peerHeader = 'x-session-management-peer'

/** Serverless hosts have no server whose requests could be noted; there the last hop is the host's own word. */
const place = Symbol.for('session-management.notes-peers')
const marks = globalThis as { [place]?: true }

/** Called once, by whoever notes the peers of all requests from now on. */
export function declarePeersNoted(): void {
  marks[place] = true
}

export function arePeersNoted(): boolean {
  return marks[place] === true
}

/** Writes down where a request comes from, over whatever the client wrote there. */
export function notePeer(incoming: IncomingMessage): void {
  const forwarded = wasForwarded({ has: (name) => incoming.headers[name] !== undefined })
  incoming.headers[peerHeader] =
    `${incoming.socket.remoteAddress ?? ''} ${forwarded ? 'forwarded' : 'direct'}`
}

export function peerOfNextRequest(headers: Headers): Peer {
  const noted = arePeersNoted() ? headers.get(peerHeader) : null
  if (noted === null) {
    const lastHop = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
    return { address: lastHop, wasForwarded: true, via: 'next', hasPages: true }
  }
  const [address = '', how] = noted.split(' ')
  return { address, wasForwarded: how === 'forwarded', via: 'next', hasPages: true }
}
