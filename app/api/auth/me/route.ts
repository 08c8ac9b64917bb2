import { changeUsernameEndpoint } from '#lib/auth/change-username/change-username.endpoint.ts'
import { deleteAccountEndpoint } from '#lib/auth/delete-account/delete-account.endpoint.ts'
import { meEndpoint } from '#lib/auth/me/me.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(
  meEndpoint,
  changeUsernameEndpoint,
  deleteAccountEndpoint,
)
