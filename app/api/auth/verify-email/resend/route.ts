import { resendVerificationEndpoint } from '#lib/auth/resend-verification/resend-verification.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(resendVerificationEndpoint)
