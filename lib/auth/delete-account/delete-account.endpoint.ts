import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { clearedSessionCookie } from '#lib/session/session-cookie.ts'
import { deleteAccountContract } from './delete-account.contract.ts'
import { deleteMyAccount } from './delete-account.ts'

export const deleteAccountEndpoint = endpoint(
  deleteAccountContract,
  async ({ runtime, body, principal, client, credential }) => {
    await deleteMyAccount(runtime, principal, { password: body.password, client })
    const cookies = credential.kind === 'cookie' ? [clearedSessionCookie(runtime.config)] : []
    return { body: done('Your account is deleted. Signing in within 14 days takes that back.'), cookies }
  },
)
