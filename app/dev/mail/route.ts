import { serve } from '#lib/http/serve.ts'
import { showInboxEndpoint } from '#lib/inbox/show-inbox.endpoint.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(showInboxEndpoint)
