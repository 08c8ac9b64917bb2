import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { undoEmailChangeContract } from './change-email.contract.ts'
import { undoEmailChange } from './change-email-by-link.ts'

export const undoEmailChangeEndpoint = endpoint(
  undoEmailChangeContract,
  async ({ runtime, body, client }) => {
    await undoEmailChange(runtime, body.token, client)
    return { body: done('You have your address back. We sent a link to it for a new password.') }
  },
)
