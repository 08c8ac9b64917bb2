import { login } from '#lib/accounts/sign-in-with-password.ts'
import { presentedDevice, presentedSessionId } from '#lib/auth/browser.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { problemReply } from '#lib/http/problem-reply.ts'
import { logRefusal, toProblem } from '#lib/http/refusal.ts'
import { jsonReply, type Reply } from '#lib/http/reply.ts'
import { rememberAccount } from '#lib/limits/known-device.ts'
import type { IssuedSession } from '#lib/session/issued-session.ts'
import { deviceCookie, sessionCookie } from '#lib/session/session-cookie.ts'
import { callAuthJs } from './call.ts'
import { leadOn, wantsAddress } from './exchange.ts'
import { ownRedirect } from './run-dance.ts'

/**
 * signIn("credentials") of Auth.js: its provider of that name, whose `authorize` is our own sign-in and whose session is
 * the one that this began.
 */
export async function signInWithCredentials(exchange: Exchange, fields: URLSearchParams): Promise<Reply> {
  const { runtime, request } = exchange
  const seen: { failure: unknown; issued: IssuedSession | null } = { failure: null, issued: null }
  const { default: Credentials } = await import('@auth/core/providers/credentials')
  const { skipCSRFCheck } = await import('@auth/core')
  const provider = Credentials({
    name: 'Password',
    credentials: { email: {}, password: {} },
    async authorize() {
      try {
        seen.issued = await signIn(exchange, fields)
        return { id: String(seen.issued.user.id) }
      } catch (error) {
        seen.failure = error
        return null
      }
    },
  })
  const form = new URLSearchParams({
    callbackUrl: ownRedirect(runtime, fields.get('callbackUrl') ?? '/account'),
  })
  const cookies = request.headers.get('cookie')
  const answer = await callAuthJs(
    runtime,
    { method: 'POST', path: '/callback/credentials', form, cookies },
    {
      providers: [provider],
      skipCSRFCheck: skipCSRFCheck as never,
      callbacks: { redirect: ({ url }) => ownRedirect(runtime, url) },
      jwt: { encode: async () => 'ours', decode: async () => null },
    },
  ).catch((error: unknown) => refused(exchange, seen.failure ?? error))
  if ('status' in answer) return answer
  const { issued } = seen
  if (issued?.kind !== 'cookie') throw new Error('Auth.js let somebody in whom nobody admitted')
  const device = presentedDevice(runtime, cookies)
  const known = rememberAccount(runtime.roots, runtime.random, device, issued.user)
  return leadOn(exchange, answer.redirect ?? ownRedirect(runtime, '/account'), [
    ...answer.cookies,
    sessionCookie(runtime.config, issued.credential, issued.maxAgeSeconds),
    deviceCookie(runtime.config, known),
  ])
}

async function signIn(exchange: Exchange, fields: URLSearchParams): Promise<IssuedSession> {
  const { runtime, request, client, credential } = exchange
  const replacesSessionId = await presentedSessionId(runtime, credential)
  const { issued } = await login(runtime, {
    identifier: fields.get('email') ?? fields.get('username') ?? '',
    password: fields.get('password') ?? '',
    kind: 'cookie',
    remember: fields.get('remember') !== 'false',
    client,
    device: presentedDevice(runtime, request.headers.get('cookie')),
    ...(replacesSessionId && { replacesSessionId }),
  })
  return issued
}

/**
 * A problem, with the address that the client of Auth.js reads its error from; a form is led to the sign-in page, where
 * there is one.
 */
function refused(exchange: Exchange, error: unknown): Reply {
  const { runtime, requestId, credential, peer } = exchange
  const problem = toProblem(error)
  logRefusal(exchange, problem)
  const told = new URLSearchParams({ error: 'CredentialsSignin', code: problem.code })
  const { appUrl, pagesUrl, loginFailureStatus } = runtime.config
  const url = `${pagesUrl}/login?${told}`
  const hasPages = peer.hasPages || pagesUrl !== appUrl
  if (hasPages && !wantsAddress(exchange))
    return { status: 303, headers: { location: url }, cookies: [], body: null }
  const context = { appUrl, loginFailureStatus, requestId, presentedToken: credential.kind !== 'none' }
  const reply = problemReply(problem, context)
  return {
    ...jsonReply(reply.status, JSON.stringify({ ...JSON.parse(String(reply.body)), url })),
    headers: reply.headers,
  }
}
