import { done } from '#lib/auth/done.ts'
import { publicUser } from '#lib/auth/public-user.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import type { KeepResult } from '#lib/idempotency/in-kept-transaction.ts'
import { registerContract } from './register.contract.ts'
import { type RegisteredUser, register, requireRegistrable } from './register.ts'

export const registerEndpoint = endpoint(
  registerContract,
  async ({ runtime, body, client, keep }) => {
    const keepUser: KeepResult<RegisteredUser> | null =
      keep && ((transaction, user) => keep(transaction, answerOf(user)))
    const { user, rateLimit } = await register(runtime, { ...body, client }, keepUser)
    return { body: answerOf(user), rateLimit }
  },
  { before: ({ runtime, body }) => requireRegistrable(runtime, body) },
)

function answerOf(user: RegisteredUser) {
  if (!user) return done('Check your email: the link that we sent completes your registration.')
  return { ...done('User registered successfully'), user: publicUser(user) }
}
