import {
  type ListedSession,
  type ListPosition,
  listedSessionsMax,
  listLiveSessions,
} from '#db/queries/sessions.ts'
import { readCursor, writeCursor } from '#lib/crypto/cursor.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'

export interface OwnSession extends ListedSession {
  isCurrent: boolean
}

export interface OwnSessions {
  sessions: OwnSession[]
  /** Leads to the next page; null on the last one. */
  nextCursor: string | null
}

/**
 * A page of the caller's live sessions, the last used first. The current one is always on the first page.
 *
 * @throws Problem `invalid_cursor` for a cursor that was not handed to this session
 */
export async function listSessions(
  runtime: Runtime,
  { user, session }: Principal,
  { limit = listedSessionsMax, cursor }: { limit?: number; cursor?: string | undefined } = {},
): Promise<OwnSessions> {
  const scope = `sessions|${session.id}`
  const after = cursor === undefined ? null : requirePosition(runtime, scope, cursor)
  const { roleLimits } = runtime.config.session
  const of = { userId: user.id, currentSessionId: session.id, roleLimits }
  // One more than is shown tells whether there is another page.
  const found = await listLiveSessions(runtime.database, of, { limit: limit + 1, after })
  const hasMore = found.length > limit
  const others = found.filter(({ id }) => id !== session.id)
  const surplus = hasMore ? others.pop() : undefined
  const last = others.at(-1) ?? firstPosition
  return {
    sessions: found
      .filter((listed) => listed !== surplus)
      .map((listed) => ({ ...listed, isCurrent: listed.id === session.id })),
    nextCursor: hasMore ? writeCursor(runtime.roots, scope, [last.usedMicroseconds, last.id]) : null,
  }
}

/** Before every session: where a page ends that shows the current one alone. */
const firstPosition: ListPosition = {
  usedMicroseconds: Number.MAX_SAFE_INTEGER,
  id: '00000000-0000-0000-0000-000000000000',
}

function requirePosition(runtime: Runtime, scope: string, cursor: string): ListPosition {
  const [usedMicroseconds, id] = readCursor(runtime.roots, scope, cursor) ?? []
  if (usedMicroseconds === undefined) throw new Problem('invalid_cursor', { because: 'not ours' })
  return { usedMicroseconds: Number(usedMicroseconds), id: String(id) }
}
