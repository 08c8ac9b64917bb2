import { isFresh } from '#lib/accounts/fresh-sign-in.ts'
import { listRecentEvents } from '#lib/audit/recent-events.ts'
import { listWaysIn } from '#lib/auth/social/list-identities.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { ChangePasswordForm } from '../../../components/account/change-password-form.tsx'
import { ConnectedAccounts } from '../../../components/account/connected-accounts.tsx'
import { NoPassword } from '../../../components/account/no-password.tsx'
import { RecentEvents } from '../../../components/account/recent-events.tsx'
import { AccountShell } from '../../../components/shell/account-shell.tsx'
import { Card, CardTitle } from '../../../components/ui/card.tsx'
import { OutcomeNotice } from '../../../components/ui/outcomes.tsx'
import { SocialOutcome } from '../../../components/ui/social-outcome.tsx'
import {
  flashFor,
  type Query,
  queryValue,
  requirePrincipal,
  socialChoice,
  socialRefusal,
  titleFor,
} from '../../current.ts'

export const generateMetadata = () => titleFor('/account/security', 'Security')

export default async function SecurityPage({ searchParams }: { searchParams: Query }) {
  const principal = await requirePrincipal('/account/security', searchParams)
  const { user } = principal
  const runtime = await processRuntime()
  const { config } = runtime
  const events = await listRecentEvents(runtime, user)
  const waysIn = await listWaysIn(runtime, user.id)
  const done = await queryValue(searchParams, 'done')
  return (
    <AccountShell appName={config.appName} page="/account/security" title="Security">
      <OutcomeNotice done={done} />
      <SocialOutcome {...(await socialRefusal(searchParams))} />
      <Card labelledBy="password">
        <CardTitle id="password">Password</CardTitle>
        {waysIn.hasPassword ? (
          <>
            <p className="mt-1 mb-5 text-muted-foreground">Changing it signs out all your other devices.</p>
            <ChangePasswordForm
              email={user.email}
              initial={await flashFor('/account/security', '')}
              passwordLengthMin={config.password.lengthMin}
            />
          </>
        ) : (
          <NoPassword
            email={user.email}
            hasMail={config.mail.kind !== 'off'}
            isSent={done === 'password-link-sent'}
            initial={await flashFor('/account/security', 'set-password')}
          />
        )}
      </Card>
      <ConnectedCard runtime={runtime} principal={principal} waysIn={waysIn} />
      <Card labelledBy="activity">
        <CardTitle id="activity">Recent activity</CardTitle>
        <p className="mt-1 text-muted-foreground">
          {waysIn.hasPassword
            ? 'If something here was not you, change your password.'
            : 'If something here was not you, sign out that device, and look at the account that you sign in with.'}{' '}
          The whole record is in{' '}
          <a href="/account/data" className="prose-link">
            your data
          </a>
          .
        </p>
        <RecentEvents
          events={events.map(({ id, name, occurredAt, device, clientAddress }) => ({
            id,
            name,
            occurredAt: occurredAt.toISOString(),
            device,
            address: clientAddress,
          }))}
        />
      </Card>
    </AccountShell>
  )
}

interface ConnectedCardProps {
  runtime: Runtime
  principal: Principal
  waysIn: Awaited<ReturnType<typeof listWaysIn>>
}

/** Nothing where nobody else can vouch for a sign-in. */
async function ConnectedCard({ runtime, principal, waysIn }: ConnectedCardProps) {
  const { identities, hasPassword } = waysIn
  const { providers } = await socialChoice()
  if (providers.length === 0 && identities.length === 0) return null
  const names = [
    ...identities.map(({ id }) => `disconnect-${id}`),
    ...providers.map(({ id }) => `connect-${id}`),
  ]
  const refusals = await Promise.all(
    names.map(async (name) => [name, await flashFor('/account/security', name)] as const),
  )
  return (
    <Card labelledBy="connected">
      <CardTitle id="connected">Connected accounts</CardTitle>
      <p className="mt-1 text-muted-foreground">
        Accounts elsewhere that sign in to this one. We keep nothing of them but who you are there.
      </p>
      <ConnectedAccounts
        identities={identities.map(({ linkedAt, lastUsedAt, ...rest }) => ({
          ...rest,
          linkedAt: linkedAt.toISOString(),
          lastUsedAt: lastUsedAt?.toISOString() ?? null,
        }))}
        providers={providers}
        hasPassword={hasPassword}
        isFresh={isFresh(runtime, principal.session.authenticatedAt)}
        email={principal.user.email}
        refusals={Object.fromEntries(refusals)}
      />
    </Card>
  )
}
