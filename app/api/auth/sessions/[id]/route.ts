import { endSessionEndpoint } from '#lib/auth/end-session/end-session.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(endSessionEndpoint)
