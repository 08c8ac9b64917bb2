import { serve } from '#lib/http/serve.ts'
import { showCapturedMailEndpoint } from '#lib/inbox/show-captured-mail.endpoint.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(showCapturedMailEndpoint)
