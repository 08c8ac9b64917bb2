import { forgotPasswordEndpoint } from '#lib/auth/forgot-password/forgot-password.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(forgotPasswordEndpoint)
