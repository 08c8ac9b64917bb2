import { startPageEndpoint } from '#lib/docs/start-page/start-page.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(startPageEndpoint)
