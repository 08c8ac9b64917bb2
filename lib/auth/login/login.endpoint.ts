import { login } from '#lib/accounts/sign-in-with-password.ts'
import { presentedDevice, presentedSessionId } from '#lib/auth/browser.ts'
import { sessionAnswer } from '#lib/auth/session-answer.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { rememberAccount } from '#lib/limits/known-device.ts'
import { Problem } from '#lib/problems.ts'
import { deviceCookie, sessionCookieName } from '#lib/session/session-cookie.ts'
import { loginContract } from './login.contract.ts'

export const loginEndpoint = endpoint(loginContract, async (call) => {
  const { runtime, body, client } = call
  const wantsCookie = body.transport === 'cookie'
  if (wantsCookie && !sessionCookieName(runtime.config.appUrl)) throw new Problem('cookie_needs_https')
  const device = presentedDevice(runtime, call.request.headers.get('cookie'))
  const replacesSessionId = wantsCookie ? await presentedSessionId(runtime, call.credential) : undefined
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
