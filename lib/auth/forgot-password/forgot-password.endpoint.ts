import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { forgotPasswordContract } from './forgot-password.contract.ts'
import { forgotPassword } from './forgot-password.ts'

export const forgotPasswordEndpoint = endpoint(forgotPasswordContract, async ({ runtime, body, client }) => {
  await forgotPassword(runtime, body.email, client)
  return { body: done('If an account has this address, we sent a link to it.') }
})
