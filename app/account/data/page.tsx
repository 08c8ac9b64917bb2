import { DeleteAccountForm } from '../../../components/account/delete-account-form.tsx'
import { AccountShell } from '../../../components/shell/account-shell.tsx'
import { ButtonLink } from '../../../components/ui/button.tsx'
import { Card, CardTitle } from '../../../components/ui/card.tsx'
import { SocialOutcome } from '../../../components/ui/social-outcome.tsx'
import { appName, flashFor, type Query, requirePrincipal, socialRefusal, titleFor } from '../../current.ts'
import { ownerProofOf } from '../owner-proof-of.ts'

export const generateMetadata = () => titleFor('/account/data', 'Your data')

export default async function DataPage({ searchParams }: { searchParams: Query }) {
  const principal = await requirePrincipal('/account/data', searchParams)
  return (
    <AccountShell appName={await appName()} page="/account/data" title="Your data">
      <SocialOutcome {...(await socialRefusal(searchParams))} />
      <Card labelledBy="export">
        <CardTitle id="export">Export</CardTitle>
        <p className="mt-1 mb-5 text-muted-foreground">
          Your profile, your sessions, the record of sign-ins and changes, and the messages that we sent you,
          as one file (JSON).
        </p>
        <ButtonLink href="/api/auth/export" download="my-data.json">
          Download my data
        </ButtonLink>
      </Card>
      <Card labelledBy="delete">
        <CardTitle id="delete">Delete</CardTitle>
        <p className="mt-1 mb-5 text-muted-foreground">
          Every device is signed out at once. If you sign in within 14 days, your account is back as it was.
          After that it is removed for good, with everything that belongs to it.
        </p>
        <DeleteAccountForm proof={await ownerProofOf(principal)} initial={await flashFor('/account/data')} />
      </Card>
    </AccountShell>
  )
}
