import { readyEndpoint } from '#lib/health/ready.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(readyEndpoint)
