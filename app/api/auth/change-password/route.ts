import { changePasswordEndpoint } from '#lib/auth/change-password/change-password.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(changePasswordEndpoint)
