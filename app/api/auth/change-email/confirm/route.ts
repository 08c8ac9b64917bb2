import { confirmEmailChangeEndpoint } from '#lib/auth/change-email/confirm-email-change.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(confirmEmailChangeEndpoint)
