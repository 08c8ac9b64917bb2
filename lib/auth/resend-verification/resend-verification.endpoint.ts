import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { resendVerificationContract } from './resend-verification.contract.ts'
import { resendVerification } from './resend-verification.ts'

export const resendVerificationEndpoint = endpoint(
  resendVerificationContract,
  async ({ runtime, body, client }) => {
    await resendVerification(runtime, body.email, client)
    return { body: done('If there is something to verify, we sent a message.') }
  },
)
