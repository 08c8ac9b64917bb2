import { AccountShell } from '../../components/shell/account-shell.tsx'
import { Card, CardTitle } from '../../components/ui/card.tsx'
import { LocalTime } from '../../components/ui/local-time.tsx'
import { appName, type Query, requirePrincipal } from '../current.ts'

export const metadata = { title: 'Account' }

export default async function AccountPage({ searchParams }: { searchParams: Query }) {
  const { user, session } = await requirePrincipal('/account', searchParams)
  return (
    <AccountShell appName={await appName()} page="/account" title="Account">
      <Card labelledBy="you">
        <CardTitle id="you">You</CardTitle>
        <Facts
          facts={[
            ['User name', user.username],
            ['Email', `${user.email}${user.emailVerifiedAt ? '' : ' (not verified)'}`],
            ['Roles', user.roles.join(', ') || 'none'],
            ['Account since', <LocalTime key="since" instant={user.createdAt.toISOString()} />],
          ]}
        />
      </Card>
      <Card labelledBy="session">
        <CardTitle id="session">This session</CardTitle>
        <Facts
          facts={[
            ['Device', session.device ?? 'not known'],
            ['Signed in', <LocalTime key="in" instant={session.createdAt.toISOString()} />],
            ['Ends by itself', <LocalTime key="end" instant={session.expiresAt.toISOString()} />],
          ]}
        />
        <p className="mt-5">
          <a href="/account/sessions" className="prose-link">
            All your sessions
          </a>
        </p>
      </Card>
    </AccountShell>
  )
}

function Facts({ facts }: { facts: [string, React.ReactNode][] }) {
  return (
    <dl className="mt-4 grid gap-x-6 gap-y-1 sm:grid-cols-[10rem_1fr] sm:gap-y-3">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted-foreground max-sm:mt-2">{name}</dt>
          <dd className="break-words font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
