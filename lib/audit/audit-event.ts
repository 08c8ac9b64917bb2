import type { NewAuditEvent } from '#db/queries/audit-events.ts'
import { deviceLabel } from '#lib/session/device-label.ts'
import type { AuditEventName } from './audit-event-names.ts'

/** The client of a request, as far as an event names it. */
export interface EventClient {
  address: string | null
  userAgent: string | null
  requestId: string | null
}

interface About {
  /** Whose account; left out where the statement that writes the event knows it. */
  userId?: number | null
  /** In which session. */
  sessionId?: string | null
  details?: NewAuditEvent['details']
}

/** Something that a person did over the API or the pages. */
export function userEvent(name: AuditEventName, client: EventClient, about: About = {}): NewAuditEvent {
  return {
    ...eventOf(name, about),
    actor: 'user',
    // Empty when the other end was gone before anybody asked for its address.
    clientAddress: client.address || null,
    device: deviceLabel(client.userAgent),
    requestId: client.requestId,
  }
}

/** Something that an operator did on the command line. */
export function operatorEvent(name: AuditEventName, about: About = {}): NewAuditEvent {
  return { ...eventOf(name, about), actor: 'operator' }
}

/** Something that the server did by itself. */
export function systemEvent(name: AuditEventName, about: About = {}): NewAuditEvent {
  return { ...eventOf(name, about), actor: 'system' }
}

function eventOf(name: AuditEventName, { userId, sessionId, details }: About): Omit<NewAuditEvent, 'actor'> {
  return {
    name,
    userId: userId ?? null,
    sessionId: sessionId ?? null,
    clientAddress: null,
    device: null,
    requestId: null,
    details: details ?? {},
  }
}
