import { sha256Key } from '#lib/crypto/digest.ts'
import { type Endpoint, endpoint } from '#lib/http/endpoint.ts'
import { keySetMaxAgeSeconds } from '#lib/session/signing-key-state.ts'
import { jwksContract } from './jwks.contract.ts'

// A cache that answers while it asks again may be as old as both together: still less than a new key waits to sign.
const cacheControl = `public, max-age=${keySetMaxAgeSeconds}, stale-while-revalidate=${keySetMaxAgeSeconds}`

const keySet = endpoint(jwksContract, async ({ runtime }) => {
  const keys = [...(await runtime.accessTokens.publicKeys())]
  // A kid is the thumbprint of its key, so the kids are all that there is to tell two sets apart.
  const etag = `"${sha256Key(keys.map(({ kid }) => kid).join()).slice(0, 22)}"`
  return { body: { keys }, headers: { 'cache-control': cacheControl, etag } }
})

export const jwksEndpoint: Endpoint = {
  contract: jwksContract,
  async handle(exchange) {
    const reply = await keySet.handle(exchange)
    const known = exchange.request.headers.get('if-none-match')
    if (known === null || !names(known, reply.headers['etag'] ?? '')) return reply
    const { 'content-type': _, ...headers } = reply.headers
    return { ...reply, status: 304, headers, body: null }
  },
}

/** Compared weakly, as RFC 9110 section 13.1.2 asks of If-None-Match. */
function names(list: string, etag: string): boolean {
  return list.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//, '') === etag)
}
