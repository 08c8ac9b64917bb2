import { changePasswordPageEndpoint } from '#lib/auth/change-password-page/change-password-page.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(changePasswordPageEndpoint)
