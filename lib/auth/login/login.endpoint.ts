import { sessionAnswer } from '#lib/auth/session-answer.ts'
import { readCookie } from '#lib/encoding/cookie.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { readDevice, rememberAccount } from '#lib/limits/known-device.ts'
import { Problem } from '#lib/problems.ts'
import { readCredential } from '#lib/session/authenticate.ts'
import { deviceCookie, deviceCookieName, sessionCookieName } from '#lib/session/session-cookie.ts'
import { loginContract } from './login.contract.ts'
import { login } from './login.ts'

export const loginEndpoint = endpoint(loginContract, async (call) => {
  const { runtime, body, client } = call
  const wantsCookie = body.transport === 'cookie'
  if (wantsCookie && !sessionCookieName(runtime.config.appUrl)) throw new Problem('cookie_needs_https')
  const device = presentedDevice(call)
  const replacesSessionId = wantsCookie ? await presentedSessionId(call) : undefined
  const { issued, rateLimit } = await login(runtime, {
    identifier: body.email,
    password: body.password,
    kind: body.transport,
    remember: body.remember,
    client,
    device,
    ...(replacesSessionId && { replacesSessionId }),
  })
  const answer = { ...sessionAnswer(runtime.config, issued), rateLimit }
  if (!wantsCookie) return answer
  const known = rememberAccount(runtime.roots, runtime.random, device, issued.user)
  return { ...answer, cookies: [...answer.cookies, deviceCookie(runtime.config, known)] }
})

function presentedDevice({ runtime, request }: Exchange) {
  const cookie = deviceCookieName(runtime.config.appUrl)
  return cookie && readDevice(readCookie(request.headers.get('cookie'), cookie.name))
}

/** The session of the cookie that this browser still carries: it must not live on beside the new one. */
async function presentedSessionId({ runtime, credential }: Exchange): Promise<string | undefined> {
  if (credential.kind !== 'cookie') return undefined
  const read = await readCredential(runtime, credential)
  return read.kind === 'valid' ? read.claims.sessionId : undefined
}
