import { disownRegistrationEndpoint } from '#lib/auth/disown-registration/disown-registration.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(disownRegistrationEndpoint)
