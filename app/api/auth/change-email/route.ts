import { cancelEmailChangeEndpoint } from '#lib/auth/change-email/cancel-email-change.endpoint.ts'
import { changeEmailEndpoint } from '#lib/auth/change-email/change-email.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(
  changeEmailEndpoint,
  cancelEmailChangeEndpoint,
)
