import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { admit, limitConnections } from './connections.ts'
import { keepRepeatedHeaders, settleTarget } from './request-target.ts'

/** Sees a request before Next does, and passes it on or answers it. */
export interface BeforeNext {
  request(incoming: IncomingMessage, outgoing: ServerResponse, passOn: () => void): void
  upgrade(incoming: IncomingMessage, socket: Duplex, passOn: () => void): void
}

export interface BeforeNextOptions {
  /** False: a request for another protocol is answered as if it were none. */
  takesUpgrades: boolean
  /** What has to be done before the process ends; null while it is not to end. */
  stopping(): Promise<void> | null
}

/**
 * Puts a listener before those of every server of this process. Next's own server offers no other place: its handlers
 * see headers only, believe the ones that clients send, and are not asked about every path and method.
 * Next also ends the process as soon as its server is closed, and waits for nobody: it hears of that last.
 */
export function listenBeforeNext(
  ready: Promise<BeforeNext>,
  { takesUpgrades, stopping }: BeforeNextOptions,
): void {
  function passRequest([incoming, outgoing]: [IncomingMessage, ServerResponse], passOn: () => void): void {
    if (!admit(incoming, outgoing)) return
    settleTarget(incoming)
    ready.then(
      ({ request }) => request(incoming, outgoing, passOn),
      () => outgoing.destroy(),
    )
  }

  function passUpgrade([incoming, socket]: [IncomingMessage, Duplex], passOn: () => void): void {
    ready.then(
      ({ upgrade }) => (takesUpgrades ? upgrade(incoming, socket, passOn) : socket.destroy()),
      () => socket.destroy(),
    )
  }

  const emit = Server.prototype.emit
  Server.prototype.emit = function (this: Server, event: string | symbol, ...values: unknown[]) {
    const passOn = () => Reflect.apply(emit, this, [event, ...values])
    if (event === 'connection') prepare(this, takesUpgrades)
    if (event === 'upgrade') passUpgrade(values as [IncomingMessage, Duplex], passOn)
    else if (event === 'request') passRequest(values as [IncomingMessage, ServerResponse], passOn)
    else if (event === 'close' && stopping()) void stopping()?.then(passOn)
    else return passOn()
    return true
  } as typeof emit
}

function prepare(server: Server, takesUpgrades: boolean): void {
  limitConnections(server)
  keepRepeatedHeaders(server)
  // Next takes upgrades also where it has nobody for them, and leaves them open for ever.
  if (!takesUpgrades) server.removeAllListeners('upgrade')
}
