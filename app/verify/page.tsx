import {
  describeRegistration,
  type LinkedRegistration,
} from '#lib/auth/verify-email/describe-registration.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { AnnounceVerified, AwaitVerified } from '../../components/auth/await-verified.tsx'
import { SentTo } from '../../components/auth/sent-to.tsx'
import { DisownForm, ResendForm, VerifyCodeForm, VerifyForm } from '../../components/auth/verify-forms.tsx'
import { EntryShell } from '../../components/shell/entry-shell.tsx'
import { ButtonLink } from '../../components/ui/button.tsx'
import { Card } from '../../components/ui/card.tsx'
import { Facts } from '../../components/ui/facts.tsx'
import { LocalTime } from '../../components/ui/local-time.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import {
  appName,
  currentSession,
  flashFor,
  type Query,
  queryValue,
  titleFor,
  typedEmailFor,
} from '../current.ts'

export const generateMetadata = () => titleFor('/verify', 'Verify email')

export default async function VerifyPage({ searchParams }: { searchParams: Query }) {
  const token = await queryValue(searchParams, 'token')
  const done = await queryValue(searchParams, 'done')
  const name = await appName()
  if (done === 'verified') return <Verified appName={name} />
  if (done === 'disowned') return <Disowned appName={name} />
  const linked = token === null ? null : await describeRegistration(await processRuntime(), token)
  if (linked?.kind === 'done') return <Verified appName={name} />
  if (linked?.kind === 'open' && token !== null)
    return <OpenLink appName={name} token={token} linked={linked} />
  return <WithoutLink appName={name} done={done} deadLink={linked?.kind ?? null} />
}

async function Verified({ appName }: { appName: string }) {
  const isSignedIn = (await currentSession()).kind === 'signed-in'
  return (
    <EntryShell appName={appName} title="Your email is verified">
      <AnnounceVerified />
      <Card>
        <p className="mb-6">Nothing else is needed.</p>
        <ButtonLink href={isSignedIn ? '/account' : '/login'} className="w-full">
          {isSignedIn ? 'Your account' : 'Sign in'}
        </ButtonLink>
      </Card>
    </EntryShell>
  )
}

function Disowned({ appName }: { appName: string }) {
  return (
    <EntryShell appName={appName} title="The account was removed">
      <Card>
        <p>Whoever registered with your address cannot use it any more. You need do nothing else.</p>
      </Card>
    </EntryShell>
  )
}

interface OpenLinkProps {
  appName: string
  token: string
  linked: Extract<LinkedRegistration, { kind: 'open' }>
}

async function OpenLink({ appName, token, linked }: OpenLinkProps) {
  const session = await currentSession()
  const other = session.kind === 'signed-in' && session.principal.user.email !== linked.email
  return (
    <EntryShell appName={appName} title="Verify your email">
      <div className="flex flex-col gap-5">
        {other && (
          <Notice tone="info">
            You are signed in as <strong>{session.principal.user.username}</strong>. This link is of another
            account.
          </Notice>
        )}
        <Card>
          <p>
            Is <strong className="break-all">{linked.email}</strong> yours, and did you register this account?
          </p>
          <div className="mb-6">
            <Facts
              isNarrow
              facts={[
                ['User name', linked.username],
                ['Registered', <LocalTime key="at" instant={linked.createdAt.toISOString()} />],
                ['From', linked.address ?? 'not known'],
              ]}
            />
          </div>
          <VerifyForm token={token} initial={await flashFor('/verify', 'verify')} />
        </Card>
        {linked.isUnproven && <DisownForm token={token} initial={await flashFor('/verify', 'disown')} />}
      </div>
    </EntryShell>
  )
}

const deadLinks: Record<string, string> = {
  link_expired: 'This link has expired: it worked for a day.',
  link_invalid: 'This link does not work. A newer one may have replaced it.',
}

interface WithoutLinkProps {
  appName: string
  done: string | null
  deadLink: string | null
}

async function WithoutLink({ appName, done, deadLink }: WithoutLinkProps) {
  const isSent = done === 'sent' || done === 'registered'
  const isSignedIn = (await currentSession()).kind === 'signed-in'
  const typedEmail = await typedEmailFor('/verify')
  const { config } = await processRuntime()
  const mayRegisterAgain = done === 'registered' && config.registration === 'open'
  return (
    <EntryShell appName={appName} title={isSent ? 'Check your email' : 'Verify your email'}>
      {isSent && <AwaitVerified isSignedIn={isSignedIn} next="/verify?done=verified" />}
      <div className="flex flex-col gap-5">
        {deadLink && <Notice tone="warning">{deadLinks[deadLink]} Send another message here.</Notice>}
        {isSent && (
          <div role="status">
            <Notice tone="info">
              {done === 'registered'
                ? 'We sent you a message. Open its link to complete your registration.'
                : 'If there is something to verify, we sent a message.'}{' '}
              Nothing after 5 minutes? Look in the spam folder.
              <SentTo email={typedEmail} />
            </Notice>
          </div>
        )}
        <Card>
          <p className="mb-5 text-muted-foreground">Open the link in the message, or enter its code here.</p>
          <VerifyCodeForm initial={await flashFor('/verify', 'code')} typedEmail={typedEmail} />
        </Card>
        <details
          className="rounded-card border border-border bg-card p-5"
          open={deadLink !== null || (await flashFor('/verify', 'resend')) !== null || undefined}
        >
          <summary className="cursor-pointer font-medium">No message?</summary>
          <div className="mt-4">
            <ResendForm
              initial={await flashFor('/verify', 'resend')}
              typedEmail={typedEmail}
              isSent={isSent}
            />
          </div>
        </details>
        {mayRegisterAgain && (
          <p className="text-center text-muted-foreground">
            Wrong address?{' '}
            <a href="/register" className="prose-link">
              Register again
            </a>{' '}
            with the same user name and password.
          </p>
        )}
        <p className="text-center">
          <a href="/login" className="prose-link">
            Sign in
          </a>
        </p>
      </div>
    </EntryShell>
  )
}
