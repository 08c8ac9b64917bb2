import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { changeEmailContract } from './change-email.contract.ts'
import { requestEmailChange } from './change-email.ts'

const answer = done('We sent a link to the new address. The change happens when you open it.')

export const changeEmailEndpoint = endpoint(
  changeEmailContract,
  async ({ runtime, body, principal, client, keep }) => {
    const change = { newEmail: body.new_email, password: body.password, client }
    await requestEmailChange(runtime, principal, change, keep && ((transaction) => keep(transaction, answer)))
    return { body: answer }
  },
)
