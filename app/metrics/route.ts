import { metricsEndpoint } from '#lib/health/metrics.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(metricsEndpoint)
