import { type ListedSession, listedSessionsMax, listLiveSessions } from '#db/queries/sessions.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'

export interface OwnSession extends ListedSession {
  isCurrent: boolean
}

export { listedSessionsMax }

/** The caller's live sessions, the last used first: at most {@link listedSessionsMax}, the current one among them. */
export async function listSessions(runtime: Runtime, { user, session }: Principal): Promise<OwnSession[]> {
  const sessions = await listLiveSessions(runtime.database, {
    userId: user.id,
    currentSessionId: session.id,
    roleLimits: runtime.config.session.roleLimits,
  })
  return sessions.map((listed) => ({ ...listed, isCurrent: listed.id === session.id }))
}
