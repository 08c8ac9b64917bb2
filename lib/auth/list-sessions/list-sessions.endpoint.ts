import { endpoint } from '#lib/http/endpoint.ts'
import { nextPageHeaders } from '#lib/http/paging.ts'
import { listSessionsContract } from './list-sessions.contract.ts'
import { listSessions, type OwnSession } from './list-sessions.ts'

export const listSessionsEndpoint = endpoint(listSessionsContract, async ({ runtime, principal, query }) => {
  const { sessions, nextCursor } = await listSessions(runtime, principal, query)
  return {
    body: { sessions: sessions.map(publicSession), next_cursor: nextCursor },
    headers: nextPageHeaders(listSessionsContract.path, query, nextCursor),
  }
})

function publicSession(session: OwnSession) {
  return {
    id: session.id,
    current: session.isCurrent,
    kind: session.kind,
    device: session.device,
    ip: session.clientAddress,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    amr: session.amr,
  }
}
