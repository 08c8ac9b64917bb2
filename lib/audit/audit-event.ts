import type { NewAuditEvent } from '#db/queries/audit-events.ts'
import { deviceLabel } from '#lib/session/device-label.ts'

/** Every event there is. Names are API: exports and reports are read by them. */
export const auditEventNames = [
  'account_registered',
  'registration_disowned',
  'administrator_created',
  'signed_in',
  'sign_in_refused',
  'signed_out',
  'session_ended',
  'other_sessions_ended',
  'sessions_revoked',
  'refresh_reuse',
  'refresh_ahead',
  'password_changed',
  'password_reset_requested',
  'password_reset',
  'email_verification_requested',
  'email_verified',
  'email_change_requested',
  'email_change_cancelled',
  'email_changed',
  'email_change_undone',
  'username_changed',
  'account_deleted',
  'account_restored',
  'account_erased',
  'account_disabled',
  'account_enabled',
  'roles_changed',
  'data_exported',
  'invitation_made',
  'signing_key_rotated',
  'signing_key_retired',
  'signing_key_removed',
] as const

export type AuditEventName = (typeof auditEventNames)[number]

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
