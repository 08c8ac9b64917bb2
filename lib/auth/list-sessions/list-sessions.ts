import { type ListedSession, listLiveSessions } from '#db/queries/sessions.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'

export interface OwnSession extends ListedSession {
  isCurrent: boolean
}

/** The caller's live sessions, the last used first. */
export async function listSessions(runtime: Runtime, principal: Principal): Promise<OwnSession[]> {
  const sessions = await listLiveSessions(runtime.database, principal.user.id)
  return sessions.map((session) => ({ ...session, isCurrent: session.id === principal.session.id }))
}
