import { createAuth } from '#lib/auth/social/auth-js/session.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { currentSession } from './current.ts'

/** The session of this request, for code that was written for Auth.js. Throws while nobody can tell. */
export const auth = createAuth(async () => {
  const session = await currentSession()
  if (session.kind !== 'signed-in') return null
  const { credential } = session.principal
  if (credential.kind !== 'cookie') return null
  return { runtime: await processRuntime(), principal: session.principal, cookie: credential.value }
})
