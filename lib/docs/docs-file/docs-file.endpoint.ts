import { type Coding, type DocsFile, findDocsFile } from '#lib/docs/docs-files.ts'
import type { Endpoint } from '#lib/http/endpoint.ts'
import { onCondition } from '#lib/http/etag.ts'
import type { Peer } from '#lib/http/exchange.ts'
import type { Reply } from '#lib/http/reply.ts'
import { Problem } from '#lib/problems.ts'
import { docsFileContract } from './docs-file.contract.ts'

const yearSeconds = 31_536_000

/** Bytes, and of any type: what endpoint() makes of an answer is text of one. */
export const docsFileEndpoint: Endpoint = {
  contract: docsFileContract,
  async handle({ request, parameter, peer }) {
    const file = await findDocsFile(parameter)
    if (!file) throw new Problem('not_found', { because: 'no file, or none of this content' })
    const coding = codingFor(file, peer, request.headers.get('accept-encoding') ?? '')
    const found: Reply = {
      status: 200,
      headers: {
        'cache-control': `public, max-age=${yearSeconds}, immutable`,
        etag: `"${file.hash}-${coding}"`,
        vary: 'Origin, Accept-Encoding',
      },
      cookies: [],
      body: null,
    }
    const reply = onCondition(found, request.headers.get('if-none-match'))
    return reply.status === 304 ? reply : withContent(reply, file, coding)
  },
}

async function withContent(reply: Reply, file: DocsFile, coding: Coding): Promise<Reply> {
  const body = await file.bytes(coding)
  const headers = {
    ...reply.headers,
    'content-type': file.mediaType,
    'content-length': String(body.length),
    ...(coding !== 'identity' && { 'content-encoding': coding }),
  }
  return { ...reply, headers, body }
}

/**
 * The smallest of those that the client names (RFC 9110 section 12.5.3). Next takes Content-Encoding off what a route
 * handler answers, and compresses by itself.
 */
function codingFor({ isText }: DocsFile, { via }: Peer, accepted: string): Coding {
  if (!isText || via === 'next') return 'identity'
  const taken = accepted
    .toLowerCase()
    .split(',')
    .map((one) => one.trim().split(/\s*;\s*q\s*=\s*/))
    .filter(([, weight = '1']) => Number(weight) > 0)
    .map(([name]) => name)
  return (['br', 'gzip'] as const).find((coding) => taken.includes(coding)) ?? 'identity'
}
