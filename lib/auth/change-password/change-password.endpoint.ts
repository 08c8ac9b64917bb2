import { done } from '#lib/auth/done.ts'
import { sessionAnswer } from '#lib/auth/session-answer.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { changePasswordContract } from './change-password.contract.ts'
import { changePassword } from './change-password.ts'

export const changePasswordEndpoint = endpoint(
  changePasswordContract,
  async ({ runtime, body, principal, client }) => {
    const restarted = await changePassword(runtime, principal, {
      currentPassword: body.current_password,
      newPassword: body.new_password,
      client,
    })
    const cookies = restarted ? sessionAnswer(runtime.config, restarted).cookies : []
    return { body: done('Password changed. Your other sessions have ended.'), cookies }
  },
)
