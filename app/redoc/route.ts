import { referencePageEndpoint } from '#lib/docs/reference-page/reference-page.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(referencePageEndpoint)
