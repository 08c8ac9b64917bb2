import { logoutEndpoint } from '#lib/auth/logout/logout.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(logoutEndpoint)
