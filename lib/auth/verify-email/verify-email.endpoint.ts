import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { verifyEmailContract } from './verify-email.contract.ts'
import { verifyEmail } from './verify-email.ts'

export const verifyEmailEndpoint = endpoint(verifyEmailContract, async ({ runtime, body, client }) => {
  await verifyEmail(runtime, body, client)
  return { body: done('Email verified.') }
})
