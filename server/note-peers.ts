import { type IncomingMessage, Server } from 'node:http'
import { declarePeersNoted, notePeer } from '#lib/http/next-peer.ts'

/**
 * Notes the socket's address on every request of this process before anybody else sees it. Next's own server offers no
 * other place: its handlers see headers only, and it believes the ones that clients send.
 */
export function notePeers(): void {
  const emit = Server.prototype.emit
  Server.prototype.emit = function (this: Server, event: string | symbol, ...values: unknown[]) {
    if (event === 'request') notePeer(values[0] as IncomingMessage)
    return Reflect.apply(emit, this, [event, ...values])
  } as typeof emit
  declarePeersNoted()
}
