import { done } from '#lib/auth/done.ts'
import { requestMail } from '#lib/auth/request-mail.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { resendVerificationContract } from './resend-verification.contract.ts'

const answer = done('If there is something to verify, we sent a message.')

export const resendVerificationEndpoint = endpoint(
  resendVerificationContract,
  async ({ runtime, body, client, keep }) => {
    const mail = { template: 'verify_email', to: body.email } as const
    await requestMail(runtime, mail, client, keep && ((transaction) => keep(transaction, answer)))
    return { body: answer }
  },
)
