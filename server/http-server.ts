import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { admit, limitConnections } from './connections.ts'
import { keepRepeatedHeaders, settleTarget } from './request-target.ts'
import { startRefusal } from './start-refusal.ts'

export interface HttpServer {
  port: number
  /** Who takes over connections that ask for another protocol. */
  onUpgrade(take: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void): void
  /** Takes no new connections, lets requests under way finish, and cuts what is left after `msMax`. */
  close(msMax: number): Promise<void>
}

/** Longer than the idle time of common load balancers (60 s), so that they close first. */
const keepAliveTimeoutMs = 65_000

/**
 * Listens on every address of `hosts`, on one port.
 *
 * @param port  0 takes a free one, on the first address only
 * @throws Error with a sentence when the port is taken
 */
export async function listen(
  listener: RequestListener,
  hosts: readonly string[],
  port: number,
): Promise<HttpServer> {
  const [firstHost = '127.0.0.1', ...otherHosts] = hosts
  const first = await listenOn(listener, firstHost, port)
  const servers = [first]
  const upgraded = new Set<Duplex>()
  const bound = (first.address() as AddressInfo).port
  for (const host of port === 0 ? [] : otherHosts) {
    try {
      servers.push(await listenOn(listener, host, bound))
    } catch (error) {
      // A machine without IPv6 has no ::1; then 127.0.0.1 is all there is.
      if (!isAddressMissing(error)) throw error
    }
  }
  return {
    port: bound,
    onUpgrade(take) {
      const takeAndNote: typeof take = (incoming, socket, head) => {
        upgraded.add(socket)
        socket.once('close', () => upgraded.delete(socket))
        take(incoming, socket, head)
      }
      for (const server of servers) server.on('upgrade', takeAndNote)
    },
    async close(msMax) {
      // No request is under way on these, and a server waits for them for ever.
      for (const socket of upgraded) socket.destroy()
      await Promise.all(servers.map((server) => closeServer(server, msMax)))
    },
  }
}

function listenOn(listener: RequestListener, host: string, port: number): Promise<Server> {
  const server = createServer({ connectionsCheckingInterval: 1000 }, (incoming, outgoing) => {
    if (!admit(incoming, outgoing)) return
    settleTarget(incoming)
    listener(incoming, outgoing)
  })
  limitConnections(server)
  keepRepeatedHeaders(server)
  server.keepAliveTimeout = keepAliveTimeoutMs
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(withSentence(error, host, port)))
    server.listen(port, host, () => resolve(server))
  })
}

function withSentence(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error
  return startRefusal(
    `Port ${port} on ${host} is taken by another program. Stop it, or set PORT to another one.`,
    error,
  )
}

function isAddressMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
}

/** A connection whose request was under way would be kept for the next one. */
const idleSweepMs = 100

function closeServer(server: Server, msMax: number): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), idleSweepMs)
    const timer = setTimeout(() => server.closeAllConnections(), msMax)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
