import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { clearedSessionCookie } from '#lib/session/session-cookie.ts'
import { logoutContract } from './logout.contract.ts'
import { logout } from './logout.ts'

export const logoutEndpoint = endpoint(logoutContract, async ({ runtime, body, credential, client }) => {
  await logout(runtime, { credential, refreshToken: body.refresh_token, client })
  const cookies = credential.kind === 'cookie' ? [clearedSessionCookie(runtime.config)] : []
  return { body: done('Signed out'), cookies }
})
