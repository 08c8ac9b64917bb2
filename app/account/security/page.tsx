import { listRecentEvents } from '#lib/audit/recent-events.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { ChangePasswordForm } from '../../../components/account/change-password-form.tsx'
import { RecentEvents } from '../../../components/account/recent-events.tsx'
import { AccountShell } from '../../../components/shell/account-shell.tsx'
import { Card, CardTitle } from '../../../components/ui/card.tsx'
import { OutcomeNotice } from '../../../components/ui/outcomes.tsx'
import { flashFor, type Query, queryValue, requirePrincipal, titleFor } from '../../current.ts'

export const generateMetadata = () => titleFor('/account/security', 'Security')

export default async function SecurityPage({ searchParams }: { searchParams: Query }) {
  const { user } = await requirePrincipal('/account/security', searchParams)
  const runtime = await processRuntime()
  const { config } = runtime
  const events = await listRecentEvents(runtime, user)
  return (
    <AccountShell appName={config.appName} page="/account/security" title="Security">
      <OutcomeNotice done={await queryValue(searchParams, 'done')} />
      <Card labelledBy="password">
        <CardTitle id="password">Password</CardTitle>
        <p className="mt-1 mb-5 text-muted-foreground">Changing it signs out all your other devices.</p>
        <ChangePasswordForm
          email={user.email}
          initial={await flashFor('/account/security')}
          passwordLengthMin={config.password.lengthMin}
        />
      </Card>
      <Card labelledBy="activity">
        <CardTitle id="activity">Recent activity</CardTitle>
        <p className="mt-1 text-muted-foreground">
          If something here was not you, change your password. The whole record is in{' '}
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
