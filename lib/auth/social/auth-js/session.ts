import type { Exchange } from '#lib/http/exchange.ts'
import { isProblem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { authenticate, type PresentedCredential, type Principal } from '#lib/session/authenticate.ts'
import { sessionCookieName } from '#lib/session/session-cookie.ts'
import { type AuthJsParts, callAuthJs } from './call.ts'

/** The session as code for Auth.js knows it: `user.id` in decimals, and our own session id beside it. */
export interface AuthSession {
  user: { id: string; name: string; email: string; roles: string[]; emailVerified: boolean }
  sessionId: string
  /** When it ends in any case. */
  expires: string
}

/** Whose session it is; null for nobody's, or one that has ended. @throws Problem `unavailable` when nobody can tell */
export async function presentedPrincipal(
  runtime: Runtime,
  credential: PresentedCredential,
): Promise<Principal | null> {
  if (credential.kind !== 'cookie') return null
  try {
    return await authenticate(runtime, credential)
  } catch (error) {
    if (isProblem(error) && error.status === 401) return null
    throw error
  }
}

/**
 * The parts of a configuration of Auth.js by which its session is ours: a token is our cookie, it is never made anew, and
 * whether it is alive was asked before. Auth.js takes an error in `decode` for a dead session, so none may come from it.
 */
function sessionParts({ user, session }: Principal, cookie: string): Omit<AuthJsParts, 'providers'> {
  return {
    jwt: {
      encode: async () => cookie,
      decode: async ({ token }) => (token === cookie ? { sub: String(user.id) } : null),
    },
    callbacks: {
      session: () => toAuthSession({ user, session }) as never,
    },
  }
}

function toAuthSession({ user, session }: Pick<Principal, 'user' | 'session'>): AuthSession {
  return {
    user: {
      id: String(user.id),
      name: user.username,
      email: user.email,
      roles: user.roles,
      emailVerified: user.emailVerifiedAt !== null,
    },
    sessionId: session.id,
    expires: session.expiresAt.toISOString(),
  }
}

/** Whoever is signed in, and the cookie that says so. */
export interface PresentedSession {
  runtime: Runtime
  principal: Principal
  cookie: string
}

/**
 * `auth()` of Auth.js for server components and route handlers: the session of this request, as `useSession()` has it.
 * That of next-auth reads the address of the request from headers of proxies, and breaks on two that name it; it joins
 * cookies whose names begin like ours, which anybody may have planted.
 *
 * @param present  who is signed in; throws when nobody can tell, before Auth.js is asked, which would say "signed out"
 */
export function createAuth(
  present: () => Promise<PresentedSession | null>,
): () => Promise<AuthSession | null> {
  return async () => {
    const presented = await present()
    return presented && ((await askForSession(presented)) as AuthSession | null)
  }
}

/** What GET /api/auth/session says. @throws Problem `unavailable` before Auth.js is asked: it would say "signed out" */
export async function readAuthSession({ runtime, credential }: Exchange): Promise<unknown> {
  const principal = await presentedPrincipal(runtime, credential)
  if (!principal || credential.kind !== 'cookie') return null
  return askForSession({ runtime, principal, cookie: credential.value })
}

async function askForSession({ runtime, principal, cookie }: PresentedSession): Promise<unknown> {
  const name = sessionCookieName(runtime.config.appUrl)?.name ?? ''
  const answer = await callAuthJs(
    runtime,
    { method: 'GET', path: '/session', cookies: `${name}=${cookie}`, showsSession: true },
    { providers: [], ...sessionParts(principal, cookie) },
  )
  return answer.body
}
