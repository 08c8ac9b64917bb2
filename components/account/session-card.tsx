import { ApiForm } from '../forms/api-form.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'
import { Badge } from '../ui/card.tsx'
import { LocalTime } from '../ui/local-time.tsx'

export interface ShownSession {
  id: string
  isCurrent: boolean
  kind: 'bearer' | 'cookie'
  /** How the user signed in, for people. */
  signedInWith: string
  device: string | null
  address: string | null
  createdAt: string
  lastUsedAt: string
  expiresAt: string
}

/** @param now  by the server's clock */
export function SessionCard({ session, now }: { session: ShownSession; now: string }) {
  const name = session.device ?? (session.kind === 'bearer' ? 'An app or script' : 'A browser')
  const nameId = `device-${session.id}`
  return (
    <li className="flex flex-wrap items-start justify-between gap-4 rounded-card border border-border bg-card p-5">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span id={nameId}>{name}</span> {session.isCurrent && <Badge>This device</Badge>}
        </p>
        <p className="mt-1 text-sm text-muted-foreground">
          {session.isCurrent ? (
            'Active now'
          ) : (
            <>
              Last active <LocalTime instant={session.lastUsedAt} now={now} />
            </>
          )}
        </p>
        <Details session={session} />
      </div>
      {!session.isCurrent && <EndForm id={session.id} nameId={nameId} />}
    </li>
  )
}

function Details({ session }: { session: ShownSession }) {
  return (
    <details className="mt-2 text-sm">
      <summary className="inline-flex min-h-6 cursor-pointer items-center text-link underline underline-offset-2">
        Details
      </summary>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-muted-foreground">
        <dt>Signed in</dt>
        <dd className="text-foreground">
          <LocalTime instant={session.createdAt} />
        </dd>
        <dt>Signed in with</dt>
        <dd className="break-words text-foreground">{session.signedInWith}</dd>
        <dt>Ends by itself</dt>
        <dd className="text-foreground">
          <LocalTime instant={session.expiresAt} />
        </dd>
        <dt>Address</dt>
        <dd className="break-all text-foreground">{session.address ?? 'not known'}</dd>
        <dt>Kind</dt>
        <dd className="text-foreground">{session.kind === 'cookie' ? 'Browser cookie' : 'Access tokens'}</dd>
      </dl>
    </details>
  )
}

/** No landmark: two devices may have one name. */
function EndForm({ id, nameId }: { id: string; nameId: string }) {
  return (
    <ApiForm
      target={{ path: `/api/auth/sessions/${id}`, method: 'DELETE' }}
      page="/account/sessions"
      next="/account/sessions?done=session-ended"
      initial={null}
    >
      <SubmitButton label="Sign out" pendingLabel="Ending…" look="quiet" isCompact describedBy={nameId} />
    </ApiForm>
  )
}
