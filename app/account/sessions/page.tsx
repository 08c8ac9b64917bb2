import { listSessions, type OwnSession } from '#lib/auth/list-sessions/list-sessions.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { EndOthersForm } from '../../../components/account/end-others-form.tsx'
import { SessionCard, type ShownSession } from '../../../components/account/session-card.tsx'
import type { ShownProvider } from '../../../components/auth/social-buttons.tsx'
import { AccountShell } from '../../../components/shell/account-shell.tsx'
import { OutcomeNotice } from '../../../components/ui/outcomes.tsx'
import { appName, type Query, queryValue, requirePrincipal, socialChoice } from '../../current.ts'

export const metadata = { title: 'Sessions' }

export default async function SessionsPage({ searchParams }: { searchParams: Query }) {
  const principal = await requirePrincipal('/account/sessions', searchParams)
  const runtime = await processRuntime()
  const { sessions, nextCursor } = await listSessions(runtime, principal)
  const now = runtime.clock.now().toISOString()
  const others = sessions.filter((session) => !session.isCurrent)
  const current = sessions.filter((session) => session.isCurrent)
  const hasMore = nextCursor !== null
  const { providers } = await socialChoice()
  return (
    <AccountShell appName={await appName()} page="/account/sessions" title="Sessions">
      <OutcomeNotice done={await queryValue(searchParams, 'done')} />
      <p className="text-muted-foreground">
        {others.length === 0
          ? "You're only signed in here."
          : 'These devices are signed in to your account. Sign out what you do not recognise, and change your password.'}
        {hasMore && ` The ${sessions.length} used last are shown.`}
      </p>
      <ul className="flex flex-col gap-4">
        {[...current, ...others].map((session) => (
          <SessionCard key={session.id} session={toShown(session, providers)} now={now} />
        ))}
      </ul>
      {others.length > 0 && <EndOthersForm count={hasMore ? null : others.length} />}
    </AccountShell>
  )
}

/** Field by field: what a client component receives can be read in the page's source. */
function toShown(session: OwnSession, providers: readonly ShownProvider[]): ShownSession {
  return {
    id: session.id,
    isCurrent: session.isCurrent,
    kind: session.kind,
    signedInWith: wayOf(session.amr, providers),
    device: session.device,
    address: session.clientAddress,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  }
}

/** A provider that is no longer set up keeps its id. */
function wayOf([method, provider]: readonly string[], providers: readonly ShownProvider[]): string {
  if (method !== 'fed' || provider === undefined) return 'Password'
  return providers.find(({ id }) => id === provider)?.name ?? provider
}
