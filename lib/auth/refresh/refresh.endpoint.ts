import { sessionAnswer } from '#lib/auth/session-answer.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { Problem } from '#lib/problems.ts'
import { refreshContract } from './refresh.contract.ts'
import { refreshBearer, refreshCookie } from './refresh.ts'

export const refreshEndpoint = endpoint(refreshContract, async ({ runtime, body, credential, client }) => {
  if (body.refresh_token !== undefined) {
    return sessionAnswer(runtime.config, await refreshBearer(runtime, body.refresh_token, client))
  }
  if (credential.kind !== 'cookie')
    throw new Problem('invalid_refresh_token', { because: 'none was presented' })
  return sessionAnswer(runtime.config, await refreshCookie(runtime, credential.value))
})
