import { endOtherSessionsEndpoint } from '#lib/auth/end-other-sessions/end-other-sessions.endpoint.ts'
import { listSessionsEndpoint } from '#lib/auth/list-sessions/list-sessions.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(
  listSessionsEndpoint,
  endOtherSessionsEndpoint,
)
