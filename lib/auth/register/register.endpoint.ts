import { done } from '#lib/auth/done.ts'
import { publicUser } from '#lib/auth/public-user.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { registerContract } from './register.contract.ts'
import { register } from './register.ts'

export const registerEndpoint = endpoint(registerContract, async ({ runtime, body, client }) => {
  const { user, rateLimit } = await register(runtime, { ...body, client })
  return { body: { ...done('User registered successfully'), user: publicUser(user) }, rateLimit }
})
