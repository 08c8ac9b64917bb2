import { undoEmailChangeEndpoint } from '#lib/auth/change-email/undo-email-change.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(undoEmailChangeEndpoint)
