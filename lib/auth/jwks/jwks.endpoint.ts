import { endpoint } from '#lib/http/endpoint.ts'
import { jwksContract, keySetMaxAgeSeconds } from './jwks.contract.ts'

export const jwksEndpoint = endpoint(jwksContract, async ({ runtime }) => ({
  body: { keys: [...(await runtime.accessTokens.publicKeys())] },
  headers: { 'cache-control': `public, max-age=${keySetMaxAgeSeconds}, stale-while-revalidate=3600` },
}))
