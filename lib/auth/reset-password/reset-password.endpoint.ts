import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { resetPasswordContract } from './reset-password.contract.ts'
import { resetPassword } from './reset-password.ts'

export const resetPasswordEndpoint = endpoint(resetPasswordContract, async ({ runtime, body, client }) => {
  const { new_password: newPassword, ...proof } = body
  await resetPassword(runtime, { proof, newPassword, client })
  return { body: done('Password changed. Every session has ended; sign in with the new password.') }
})
