import { docsFileEndpoint } from '#lib/docs/docs-file/docs-file.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(docsFileEndpoint)
