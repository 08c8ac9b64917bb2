import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { cancelEmailChangeContract } from './change-email.contract.ts'
import { cancelEmailChange } from './change-email.ts'

export const cancelEmailChangeEndpoint = endpoint(
  cancelEmailChangeContract,
  async ({ runtime, principal, client }) => {
    await cancelEmailChange(runtime, principal, client)
    return { body: done('Your address stays as it is.') }
  },
)
