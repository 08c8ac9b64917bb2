import { serve } from '#lib/http/serve.ts'
import { openApiEndpoint } from '#lib/openapi/openapi.endpoint.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(openApiEndpoint)
