import { meEndpoint } from '#lib/auth/me/me.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(meEndpoint)
