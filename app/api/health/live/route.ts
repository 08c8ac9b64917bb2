import { liveEndpoint } from '#lib/health/live.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(liveEndpoint)
