import { serve } from '#lib/http/serve.ts'
import { listCapturedMailEndpoint } from '#lib/inbox/list-captured-mail.endpoint.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(listCapturedMailEndpoint)
