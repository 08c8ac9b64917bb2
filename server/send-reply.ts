import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type BodyChunks, type FinishedReply, isChunked } from '#lib/http/reply.ts'
import type { MaybePromise } from '#lib/runtime/in-turn.ts'

/**
 * Writes an answer, header and body in one go, and takes what is left of the request off the connection. A body in chunks
 * is written as fast as it is read.
 *
 * @throws what making the chunks throws; the answer is then cut off. Not for a client that went away
 */
export function sendReply(
  { status, headers, body }: FinishedReply,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): MaybePromise<void> {
  if (mayHaveBody(incoming)) outgoing.once('finish', () => discardRest(incoming))
  outgoing.writeHead(status, headers as string[])
  if (isChunked(body)) return sendChunks(body, outgoing)
  outgoing.end(body ?? undefined)
}

async function sendChunks(chunks: BodyChunks, outgoing: ServerResponse): Promise<void> {
  try {
    await pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), outgoing)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
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
