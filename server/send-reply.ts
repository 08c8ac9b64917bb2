import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FinishedReply } from '#lib/http/reply.ts'

/** Writes an answer, header and body in one go, and takes what is left of the request off the connection. */
export function sendReply(
  { status, headers, body }: FinishedReply,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  if (mayHaveBody(incoming)) outgoing.once('finish', () => discardRest(incoming))
  outgoing.writeHead(status, headers as string[])
  outgoing.end(body ?? undefined)
}

function mayHaveBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** A client that is cut off while it still sends may never read the answer; one that never stops is. */
const restBytesMax = 64 * 1024
const restMsMax = 500

function discardRest(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed) return
  const { socket } = incoming
  const timer = setTimeout(() => socket.destroySoon(), restMsMax).unref()
  let bytes = 0
  incoming.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    if (bytes > restBytesMax) socket.destroySoon()
  })
  incoming.once('close', () => clearTimeout(timer))
  incoming.resume()
}
