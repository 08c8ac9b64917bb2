import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { confirmEmailChangeContract } from './change-email.contract.ts'
import { confirmEmailChange } from './change-email-by-link.ts'

export const confirmEmailChangeEndpoint = endpoint(
  confirmEmailChangeContract,
  async ({ runtime, body, client }) => {
    await confirmEmailChange(runtime, body.token, client)
    return { body: done('Your address is changed.') }
  },
)
