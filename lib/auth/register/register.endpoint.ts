import { done } from '#lib/auth/done.ts'
import { publicUser } from '#lib/auth/public-user.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { registerContract } from './register.contract.ts'
import { register } from './register.ts'

export const registerEndpoint = endpoint(registerContract, async ({ runtime, body, client }) => {
  const { user, rateLimit } = await register(runtime, { ...body, invitation: body.invitation, client })
  if (!user)
    return { body: done('Check your email: the link that we sent completes your registration.'), rateLimit }
  return { body: { ...done('User registered successfully'), user: publicUser(user) }, rateLimit }
})
