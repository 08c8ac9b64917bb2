import { setupEndpoint } from '#lib/auth/setup/setup.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(setupEndpoint)
