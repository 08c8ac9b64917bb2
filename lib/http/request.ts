/** The headers of a request, by names in lower case; those that came twice are joined by a comma, cookies by a semicolon. */
export type RequestHeaders = Pick<Headers, 'get' | 'has'>

/**
 * What the endpoint table asks of a request. Our own server makes one of Node's (server/node-request.ts), which costs
 * less than a Request of the Web.
 */
export interface HttpRequest {
  method: string
  /** Absolute. Its path and query are the client's; its host may be any. */
  url: string
  headers: RequestHeaders
  /**
   * Reads the whole body; to be called once, and before anything is waited for.
   *
   * @returns null when it is longer than `bytesMax`, as soon as that is known
   * @throws Error when it ends early
   */
  readBody(bytesMax: number): Promise<Uint8Array | null>
}

/** A request of the Web, which Next's route handlers are given. */
export function fromWeb(request: Request): HttpRequest {
  const { method, url, headers } = request
  return { method, url, headers, readBody: (bytesMax) => readWebBody(request, bytesMax) }
}

async function readWebBody(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  // An announced length is kept by the HTTP parser; only a chunked body has to be counted while it comes in.
  if (!request.headers.has('transfer-encoding')) {
    const bytes = new Uint8Array(await request.arrayBuffer())
    return bytes.length > bytesMax ? null : bytes
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > bytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
