import { serve } from '#lib/http/serve.ts'

/** Paths below /api that nothing else answers are not found, as a problem. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve()
