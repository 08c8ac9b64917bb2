import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { changeEmailContract } from './change-email.contract.ts'
import { requestEmailChange } from './change-email.ts'

export const changeEmailEndpoint = endpoint(
  changeEmailContract,
  async ({ runtime, body, principal, client }) => {
    const { new_email: newEmail, password } = body
    await requestEmailChange(runtime, principal, { newEmail, password, client })
    return { body: done('We sent a link to the new address. The change happens when you open it.') }
  },
)
