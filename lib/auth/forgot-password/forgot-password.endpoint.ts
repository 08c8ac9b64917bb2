import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { forgotPasswordContract } from './forgot-password.contract.ts'
import { forgotPassword } from './forgot-password.ts'

const answer = done('If an account has this address, we sent a link to it.')

export const forgotPasswordEndpoint = endpoint(
  forgotPasswordContract,
  async ({ runtime, body, client, keep }) => {
    await forgotPassword(runtime, body.email, client, keep && ((transaction) => keep(transaction, answer)))
    return { body: answer }
  },
)
