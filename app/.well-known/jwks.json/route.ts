import { jwksEndpoint } from '#lib/auth/jwks/jwks.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(jwksEndpoint)
