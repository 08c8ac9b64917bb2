import {
  authJsCsrfEndpoint,
  authJsErrorPageEndpoint,
  authJsProvidersEndpoint,
  authJsSessionEndpoint,
  authJsSignInPageEndpoint,
  authJsSignOutEndpoint,
  authJsUpdateEndpoint,
} from '#lib/auth/social/auth-js.endpoint.ts'
import { authJsSignInEndpoint } from '#lib/auth/social/begin.endpoint.ts'
import { authJsCallbackEndpoint, authJsFormCallbackEndpoint } from '#lib/auth/social/callback.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(
  authJsProvidersEndpoint,
  authJsCsrfEndpoint,
  authJsSessionEndpoint,
  authJsUpdateEndpoint,
  authJsSignInPageEndpoint,
  authJsErrorPageEndpoint,
  authJsSignOutEndpoint,
  authJsSignInEndpoint,
  authJsCallbackEndpoint,
  authJsFormCallbackEndpoint,
)
