import { tryPageEndpoint } from '#lib/docs/try-page/try-page.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(tryPageEndpoint)
