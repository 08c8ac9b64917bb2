import { errorPageEndpoint } from '#lib/docs/error-page/error-page.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(errorPageEndpoint)
