import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isWelcome, type PagesParts } from './pages-listener.ts'
import { settleTarget } from './request-target.ts'

const refusal = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** Lets hot reload take a connection, in development only: a page of a foreign host name that leads here does not get it. */
export function takeUpgrade(
  parts: Pick<PagesParts, 'runtime' | 'via'>,
  incoming: IncomingMessage,
  socket: Duplex,
  take: () => void,
): void {
  settleTarget(incoming)
  if (isWelcome(parts, incoming)) take()
  else socket.end(refusal)
}
