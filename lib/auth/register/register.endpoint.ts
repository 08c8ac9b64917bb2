import { done } from '#lib/auth/done.ts'
import { publicUser } from '#lib/auth/public-user.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { registerContract } from './register.contract.ts'
import { type KeepUser, register, requireRegistrable } from './register.ts'

export const registerEndpoint = endpoint(
  registerContract,
  async ({ runtime, body, client, keep }) => {
    const registration = { ...body, addressBlock: client.block }
    const keepUser: KeepUser | null = keep && ((transaction, user) => keep(transaction, answerOf(user)))
    const { user, rateLimit } = await register(runtime, registration, keepUser)
    return { body: answerOf(user), rateLimit }
  },
  { before: ({ runtime, body }) => requireRegistrable(runtime, body) },
)

const answerOf = (user: Parameters<KeepUser>[1]) => ({
  ...done('User registered successfully'),
  user: publicUser(user),
})
