import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const headersTimeoutMs = 10_000
const requestTimeoutMs = 30_000
/** For a connection on which nothing moves, although a request or its answer is under way. */
const stallTimeoutMs = 60_000

/** Bounds the time that a connection may take for a request and its answer. */
export function limitConnections(server: Server): void {
  server.headersTimeout = headersTimeoutMs
  server.requestTimeout = requestTimeoutMs
  server.timeout = stallTimeoutMs
}

/** Clients wait for an answer before they send the next request; who does not could have us work for one connection. */
const unansweredMax = 8
const connections = new WeakMap<Socket, { unanswered: number }>()
let underWay = 0

/**
 * Counts a request in until it is answered.
 *
 * @returns false when its connection had too many unanswered ones, and was closed
 */
export function admit({ socket }: IncomingMessage, outgoing: ServerResponse): boolean {
  const connection = connections.get(socket) ?? note(socket)
  if (connection.unanswered === unansweredMax) {
    socket.destroy()
    return false
  }
  connection.unanswered += 1
  underWay += 1
  outgoing.on('close', countOut)
  return true
}

function countOut(this: ServerResponse): void {
  const connection = connections.get(this.req.socket)
  if (!connection || connection.unanswered === 0) return
  connection.unanswered -= 1
  underWay -= 1
}

function note(socket: Socket): { unanswered: number } {
  const connection = { unanswered: 0 }
  connections.set(socket, connection)
  // Node tells nothing of the answers that were still to come after the first one.
  socket.once('close', () => {
    underWay -= connection.unanswered
    connection.unanswered = 0
  })
  return connection
}

/** Resolves when every request that was counted in is answered, or after `msMax`. */
export async function untilAnswered(msMax: number): Promise<void> {
  const deadlineMs = performance.now() + msMax
  while (underWay > 0 && performance.now() < deadlineMs) await pause(20)
}
