import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { changeUsernameContract } from './change-username.contract.ts'
import { changeUsername } from './change-username.ts'

export const changeUsernameEndpoint = endpoint(
  changeUsernameContract,
  async ({ runtime, body, principal, client }) => {
    await changeUsername(runtime, principal, body.username, client)
    return { body: done('User name changed.') }
  },
)
