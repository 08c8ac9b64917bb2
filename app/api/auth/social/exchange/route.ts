import { exchangeSocialCodeEndpoint } from '#lib/auth/social/exchange.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(exchangeSocialCodeEndpoint)
