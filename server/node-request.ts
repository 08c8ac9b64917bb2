import type { IncomingMessage } from 'node:http'
import type { HttpRequest, RequestHeaders } from '#lib/http/request.ts'

/** Node's request as the endpoint table reads one. */
export function fromNode(incoming: IncomingMessage): HttpRequest {
  const { method = '', url = '/' } = incoming
  return {
    method,
    url: `http://localhost${url}`,
    headers: headersOf(incoming),
    readBody: (bytesMax) => readBody(incoming, bytesMax),
  }
}

/** Node keeps the names in lower case, and what came twice is joined already (request-target.ts). */
export function headersOf({ headers }: IncomingMessage): RequestHeaders {
  return {
    get(name) {
      const value = headers[name]
      return typeof value === 'string' ? value : null
    },
    has: (name) => headers[name] !== undefined,
  }
}

/** Whoever stops reading leaves the connection alone: the answer is still to go out on it. */
function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    incoming.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size > bytesMax) resolve(null)
      else chunks.push(chunk)
    })
    incoming.on('end', () => resolve(Buffer.concat(chunks)))
    incoming.on('error', reject)
    if (incoming.destroyed) reject(new Error('the connection was closed'))
  })
}
