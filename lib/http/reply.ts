/** A body that is too long to be had at once: it is made as fast as it is read. Where it throws, the answer is cut off. */
export type BodyChunks = AsyncIterable<string>

/** An answer as plain data, without what every answer says. */
export interface Reply {
  status: number
  headers: Readonly<Record<string, string>>
  cookies: readonly string[]
  body: string | Uint8Array<ArrayBuffer> | BodyChunks | null
  /** What a form of our pages gets instead of being led on. */
  asForm?: Reply
}

/** An answer as it goes out. Its headers are a list of names and values in turn, which is how Node writes them fastest. */
export interface FinishedReply {
  status: number
  headers: readonly string[]
  body: Reply['body']
}

export function toResponse({ status, headers: list, body }: FinishedReply): Response {
  const headers = new Headers()
  for (let n = 0; n < list.length; n += 2) headers.append(list[n] ?? '', list[n + 1] ?? '')
  return new Response(isChunked(body) ? toStream(body) : body, { status, headers })
}

export function isChunked(body: Reply['body']): body is BodyChunks {
  return body !== null && typeof body === 'object' && Symbol.asyncIterator in body
}

function toStream(chunks: BodyChunks): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8' }

/** @param body  JSON */
export function jsonReply(
  status: number,
  body: string | BodyChunks,
  headers?: Record<string, string>,
): Reply {
  return { status, headers: headers ? { ...jsonHeaders, ...headers } : jsonHeaders, cookies: [], body }
}

/** A success of another type than JSON. */
export function textReply(mediaType: string, body: string, headers?: Record<string, string>): Reply {
  return { status: 200, headers: { 'content-type': mediaType, ...headers }, cookies: [], body }
}
