import type { ServerResponse } from 'node:http'
import { isChunked, type Reply } from '#lib/http/reply.ts'

/** What is said of the request, whoever answers it. */
const kept = new Set(['connection', 'server-timing', 'x-request-id'])

/**
 * Lets a reply of ours take the place of an answer that somebody else is about to begin; what they write is dropped.
 *
 * @param replyFor  asked once, with the status of their answer; null lets it go out as it is
 */
export function standIn(outgoing: ServerResponse, replyFor: (status: number) => Reply | null): void {
  const { writeHead, write, end } = outgoing
  let isReplaced: boolean | null = null

  function isReplacedBy(status: number): boolean {
    if (isReplaced !== null) return isReplaced
    const reply = replyFor(status)
    isReplaced = reply !== null
    if (reply) send(reply)
    return isReplaced
  }

  function send({ status, headers, body }: Reply): void {
    if (isChunked(body)) throw new TypeError('what stands in for an answer is whole')
    for (const name of outgoing.getHeaderNames()) if (!kept.has(name)) outgoing.removeHeader(name)
    const length = Buffer.byteLength(body ?? '')
    Reflect.apply(writeHead, outgoing, [status, { ...headers, 'content-length': String(length) }])
    Reflect.apply(end, outgoing, [body])
  }

  outgoing.writeHead = ((status: number, ...rest: unknown[]) =>
    isReplacedBy(status)
      ? outgoing
      : Reflect.apply(writeHead, outgoing, [status, ...rest])) as typeof writeHead
  outgoing.write = ((...chunk: unknown[]) =>
    isReplacedBy(outgoing.statusCode) || Reflect.apply(write, outgoing, chunk)) as typeof write
  outgoing.end = ((...chunk: unknown[]) =>
    isReplacedBy(outgoing.statusCode) ? outgoing : Reflect.apply(end, outgoing, chunk)) as typeof end
}
