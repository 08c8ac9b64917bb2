import { redirect } from 'next/navigation'
import { safeNext } from '#lib/http/safe-next.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { SignInForm } from '../../components/auth/sign-in-form.tsx'
import { SocialButtons } from '../../components/auth/social-buttons.tsx'
import { EntryShell } from '../../components/shell/entry-shell.tsx'
import { Card } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { OutcomeNotice } from '../../components/ui/outcomes.tsx'
import { SocialOutcome } from '../../components/ui/social-outcome.tsx'
import {
  currentSession,
  flashFor,
  type Query,
  queryValue,
  socialChoice,
  socialRefusal,
  titleFor,
  typedEmailFor,
} from '../current.ts'

export const generateMetadata = () => titleFor('/login', 'Sign in')

export default async function LoginPage({ searchParams }: { searchParams: Query }) {
  const { config } = await processRuntime()
  const refusal = await socialRefusal(searchParams)
  const next = safeNext(config, await queryValue(searchParams, 'next')) ?? nextAfter(refusal.code)
  const session = await currentSession()
  if (session.kind === 'signed-in') redirect(next)
  const hasLostCookie = (await queryValue(searchParams, 'cookie')) === 'lost'
  const onward = next === '/account' ? '' : `?${new URLSearchParams({ next })}`
  return (
    <EntryShell appName={config.appName} title="Sign in">
      <div className="flex flex-col gap-5">
        <OutcomeNotice
          done={await queryValue(searchParams, 'done')}
          ended={await queryValue(searchParams, 'ended')}
        />
        <SocialOutcome {...refusal} />
        {hasLostCookie && (
          <Notice tone="warning">
            Your browser did not keep our cookie, so you are not signed in. Allow cookies for this site and
            try again.
          </Notice>
        )}
        <Card>
          <SignInForm
            page={`/login${onward}`}
            next={withCookieCheck(next)}
            initial={await flashFor('/login')}
            typedEmail={await typedEmailFor('/login')}
          />
          <SocialButtons {...(await socialChoice())} page={`/login${onward}`} next={withCookieCheck(next)} />
        </Card>
        <p className="text-center">
          <a href="/forgot" className="prose-link">
            Forgot your password?
          </a>
        </p>
        <p className="text-center">
          New here?{' '}
          <a href={`/register${onward}`} className="prose-link">
            Create an account
          </a>
        </p>
      </div>
    </EntryShell>
  )
}

/** Whoever has to connect a provider first is led to where that is done. */
function nextAfter(code: string | null): string {
  return code === 'account_exists' ? '/account/security' : '/account'
}

/** Lets the page that follows tell a browser without cookies from one that was never signed in. */
function withCookieCheck(next: string): string {
  return next.startsWith('/account') ? `${next}${next.includes('?') ? '&' : '?'}from=sign-in` : next
}
