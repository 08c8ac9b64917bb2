import { listIdentitiesEndpoint } from '#lib/auth/social/identities.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(listIdentitiesEndpoint)
