import { refreshEndpoint } from '#lib/auth/refresh/refresh.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(refreshEndpoint)
