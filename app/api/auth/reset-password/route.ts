import { resetPasswordEndpoint } from '#lib/auth/reset-password/reset-password.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(resetPasswordEndpoint)
