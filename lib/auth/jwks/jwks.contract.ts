import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const jwksContract = contract({
  operationId: 'getKeySet',
  method: 'GET',
  path: '/.well-known/jwks.json',
  summary: 'Keys that verify access tokens',
  description:
    'The public keys as a JWK set (RFC 7517). Empty when tokens are signed with HS256. A new key is here for ten minutes before it signs. The answer has an `ETag`; with `If-None-Match` it may be 304.',
  tag: 'keys',
  principal: 'none',
  responses: {
    200: z.strictObject({
      keys: z.array(
        z.strictObject({
          kty: z.literal('EC'),
          crv: z.literal('P-256'),
          x: z.string(),
          y: z.string(),
          kid: z.string(),
          alg: z.literal('ES256'),
          use: z.literal('sig'),
        }),
      ),
    }),
  },
  problems: [],
  audience: 'public',
})
