import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { disownRegistrationContract } from './disown-registration.contract.ts'
import { disownRegistration } from './disown-registration.ts'

export const disownRegistrationEndpoint = endpoint(
  disownRegistrationContract,
  async ({ runtime, body, client }) => {
    await disownRegistration(runtime, body.token, client)
    return { body: done('The account was removed.') }
  },
)
