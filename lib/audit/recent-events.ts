import { type AuditEventRow, listAuditEvents } from '#db/queries/audit-events.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export type { AuditEventRow }

const shownMax = 10

/** What happened to an account last, the newest first: at most ten events. */
export function listRecentEvents({ database }: Runtime, { id }: { id: number }): Promise<AuditEventRow[]> {
  return listAuditEvents(database, { userId: id, limit: shownMax })
}
