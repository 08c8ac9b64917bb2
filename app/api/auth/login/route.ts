import { loginEndpoint } from '#lib/auth/login/login.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(loginEndpoint)
