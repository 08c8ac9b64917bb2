import NextAuth from 'next-auth'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { baseConfig } from './call.ts'
import { type AuthSession, sessionParts } from './session.ts'

/** Whoever is signed in, and the cookie that says so. */
export interface PresentedSession {
  runtime: Runtime
  principal: Principal
  cookie: string
}

/**
 * `auth()` of Auth.js for server components and route handlers: the session of this request, as `useSession()` has it.
 *
 * @param present  who is signed in; throws when nobody can tell, before Auth.js is asked, which would say "signed out"
 */
export function createAuth(
  present: () => Promise<PresentedSession | null>,
): () => Promise<AuthSession | null> {
  const { auth } = NextAuth(async () => {
    const presented = await present()
    if (!presented) throw new Error('Auth.js was asked for nobody')
    const { runtime, principal, cookie } = presented
    const silent = { error: () => {}, warn: () => {}, debug: () => {} }
    return { ...baseConfig(runtime), ...sessionParts(principal, cookie), logger: silent }
  })
  return async () => ((await present()) ? ((await auth()) as AuthSession | null) : null)
}
