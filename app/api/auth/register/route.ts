import { registerEndpoint } from '#lib/auth/register/register.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(registerEndpoint)
