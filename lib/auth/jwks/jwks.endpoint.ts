import { endpoint } from '#lib/http/endpoint.ts'
import { etagOf } from '#lib/http/etag.ts'
import { keySetMaxAgeSeconds } from '#lib/session/signing-key-state.ts'
import { jwksContract } from './jwks.contract.ts'

// A cache that answers while it asks again may be as old as both together: still less than a new key waits to sign.
const cacheControl = `public, max-age=${keySetMaxAgeSeconds}, stale-while-revalidate=${keySetMaxAgeSeconds}`

export const jwksEndpoint = endpoint(jwksContract, async ({ runtime }) => {
  const keys = [...(await runtime.accessTokens.publicKeys())]
  // A kid is the thumbprint of its key, so the kids are all that there is to tell two sets apart.
  const etag = etagOf(keys.map(({ kid }) => kid).join())
  return { body: { keys }, headers: { 'cache-control': cacheControl, etag } }
})
