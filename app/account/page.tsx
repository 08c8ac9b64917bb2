import { findEmailChange } from '#lib/auth/change-email/change-email.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import {
  CancelEmailForm,
  ChangeEmailForm,
  UsernameForm,
  VerifyOwnForm,
} from '../../components/account/profile-forms.tsx'
import { AwaitVerified } from '../../components/auth/await-verified.tsx'
import { AccountShell } from '../../components/shell/account-shell.tsx'
import { Card, CardTitle } from '../../components/ui/card.tsx'
import { Facts } from '../../components/ui/facts.tsx'
import { LocalTime } from '../../components/ui/local-time.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { OutcomeNotice } from '../../components/ui/outcomes.tsx'
import { SocialOutcome } from '../../components/ui/social-outcome.tsx'
import {
  appName,
  flashFor,
  type Query,
  queryValue,
  requirePrincipal,
  socialRefusal,
  titleFor,
} from '../current.ts'
import { ownerProofOf } from './owner-proof-of.ts'

export const generateMetadata = () => titleFor('/account', 'Account')

export default async function AccountPage({ searchParams }: { searchParams: Query }) {
  const principal = await requirePrincipal('/account', searchParams)
  const { user, session } = principal
  const waiting = await findEmailChange(await processRuntime(), principal)
  const done = await queryValue(searchParams, 'done')
  return (
    <AccountShell appName={await appName()} page="/account" title="Account">
      <OutcomeNotice done={done} />
      <SocialOutcome {...(await socialRefusal(searchParams))} />
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
        {!user.emailVerifiedAt && <Unverified email={user.email} isSent={done === 'verification-sent'} />}
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
      <Card labelledBy="name">
        <CardTitle id="name">Change user name</CardTitle>
        <div className="mt-4">
          <UsernameForm username={user.username} initial={await flashFor('/account', 'name')} />
        </div>
      </Card>
      <Card labelledBy="email">
        <CardTitle id="email">Change email</CardTitle>
        {waiting && <Waiting email={waiting} />}
        <div className="mt-4">
          <ChangeEmailForm
            proof={await ownerProofOf(principal)}
            initial={await flashFor('/account', 'email')}
          />
        </div>
      </Card>
    </AccountShell>
  )
}

async function Unverified({ email, isSent }: { email: string; isSent: boolean }) {
  return (
    <div className="mt-6 flex flex-col items-start gap-4">
      <AwaitVerified isSignedIn next="/account?done=email-verified" />
      <Notice tone="warning">
        Verify your address: only then can you get back in if you forget your password.{' '}
        <a href="/verify" className="font-medium underline">
          Enter the code
        </a>
      </Notice>
      <VerifyOwnForm email={email} initial={await flashFor('/account', 'resend')} isSent={isSent} />
    </div>
  )
}

function Waiting({ email }: { email: string }) {
  return (
    <div className="mt-4 flex flex-col items-start gap-4">
      <Notice tone="info">
        Waiting for you to open the link that we sent to <strong className="break-all">{email}</strong>. To
        send it again, ask for the change again.
      </Notice>
      <CancelEmailForm />
    </div>
  )
}
