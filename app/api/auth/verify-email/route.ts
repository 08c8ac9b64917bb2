import { verifyEmailEndpoint } from '#lib/auth/verify-email/verify-email.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(verifyEmailEndpoint)
