import type { AuditEventName } from '#lib/audit/audit-event-names.ts'
import { LocalTime } from '../ui/local-time.tsx'

export interface ShownEvent {
  id: number
  name: string
  occurredAt: string
  device: string | null
  address: string | null
}

/** Said to the owner of the account. */
const sentences: Partial<Record<AuditEventName, string>> = {
  account_registered: 'Account created',
  signed_in: 'Signed in',
  sign_in_refused: 'Sign-in refused: wrong password',
  social_sign_in_refused: 'Sign-in with others refused',
  identity_linked: 'Connected another account to sign in with',
  identity_unlinked: 'Disconnected an account to sign in with',
  account_claimed: 'Opened by the owner of the address; what was set before was removed',
  signed_out: 'Signed out',
  session_ended: 'A device was signed out',
  other_sessions_ended: 'All other devices were signed out',
  sessions_revoked: 'Signed out by an administrator',
  refresh_reuse: 'A copy of a sign-in was used; that session ended',
  refresh_ahead: 'A session went on after the database was restored',
  password_changed: 'Password changed',
  password_reset_requested: 'Link to a new password asked for',
  password_reset: 'Password set by a link',
  email_verification_requested: 'Verification of the address asked for',
  email_verified: 'Address verified',
  email_change_requested: 'Change of address asked for',
  email_change_cancelled: 'Change of address cancelled',
  email_changed: 'Address changed',
  email_change_undone: 'Change of address undone',
  username_changed: 'User name changed',
  account_deleted: 'Account deleted',
  account_restored: 'Deletion taken back',
  account_disabled: 'Disabled by an administrator',
  account_enabled: 'Enabled by an administrator',
  roles_changed: 'Roles changed by an administrator',
  data_exported: 'Data exported',
  administrator_created: 'Account created as administrator',
}

export function RecentEvents({ events }: { events: readonly ShownEvent[] }) {
  return (
    <ul className="mt-4 flex flex-col divide-y divide-border">
      {events.map(({ id, name, occurredAt, device, address }) => (
        <li key={id} className="py-3 first:pt-0 last:pb-0">
          <p className="font-medium">
            {Object.hasOwn(sentences, name) ? sentences[name as AuditEventName] : name}
          </p>
          <p className="text-sm break-words text-muted-foreground">
            <LocalTime instant={occurredAt} />
            {device && ` · ${device}`}
            {address && ` · ${address}`}
          </p>
        </li>
      ))}
    </ul>
  )
}
