import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { resendVerificationContract } from './resend-verification.contract.ts'
import { resendVerification } from './resend-verification.ts'

const answer = done('If there is something to verify, we sent a message.')

export const resendVerificationEndpoint = endpoint(
  resendVerificationContract,
  async ({ runtime, body, client, keep }) => {
    await resendVerification(
      runtime,
      body.email,
      client,
      keep && ((transaction) => keep(transaction, answer)),
    )
    return { body: answer }
  },
)
