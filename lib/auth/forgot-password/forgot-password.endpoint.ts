import { done } from '#lib/auth/done.ts'
import { requestMail } from '#lib/auth/request-mail.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { forgotPasswordContract } from './forgot-password.contract.ts'

const answer = done('If an account has this address, we sent a link to it.')

export const forgotPasswordEndpoint = endpoint(
  forgotPasswordContract,
  async ({ runtime, body, client, keep }) => {
    const mail = { template: 'reset_password', to: body.email } as const
    await requestMail(runtime, mail, client, keep && ((transaction) => keep(transaction, answer)))
    return { body: answer }
  },
)
