import { exportDataEndpoint } from '#lib/auth/export-data/export-data.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(exportDataEndpoint)
