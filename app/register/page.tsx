import { safeNext } from '#lib/http/safe-next.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { RegisterForm } from '../../components/auth/register-form.tsx'
import { SocialButtons } from '../../components/auth/social-buttons.tsx'
import { EntryShell } from '../../components/shell/entry-shell.tsx'
import { Card } from '../../components/ui/card.tsx'
import { SocialOutcome } from '../../components/ui/social-outcome.tsx'
import { flashFor, type Query, queryValue, socialChoice, socialRefusal, titleFor } from '../current.ts'

export const generateMetadata = () => titleFor('/register', 'Create account')

export default async function RegisterPage({ searchParams }: { searchParams: Query }) {
  const { config } = await processRuntime()
  const next = safeNext(config, await queryValue(searchParams, 'next'))
  const toLogin = `/login?${new URLSearchParams({ done: 'registered', ...(next && { next }) })}`
  const onSuccess = config.emailVerification === 'required' ? '/verify?done=registered' : toLogin
  const invitation = await invitationOf(searchParams)
  const onward = next ? `?${new URLSearchParams({ next })}` : ''
  return (
    <EntryShell appName={config.appName} title="Create account">
      <div className="flex flex-col gap-5">
        <SocialOutcome {...(await socialRefusal(searchParams))} />
        <Card>
          {config.registration === 'closed' && <p>This service takes no new accounts.</p>}
          {config.registration === 'invite' && !invitation && (
            <p>New accounts need an invitation. Open the link that you were given.</p>
          )}
          {(config.registration === 'open' || (config.registration === 'invite' && invitation)) && (
            <RegisterForm
              page={`/register${invitation ? `?${new URLSearchParams(invitation)}` : onward}`}
              next={onSuccess}
              invitation={invitation}
              initial={await flashFor('/register')}
              passwordLengthMin={config.password.lengthMin}
            />
          )}
          {config.registration === 'open' && (
            <SocialButtons
              {...(await socialChoice())}
              page={`/register${onward}`}
              next={next ?? '/account'}
            />
          )}
        </Card>
        <p className="text-center">
          Have an account?{' '}
          <a href={`/login${onward}`} className="prose-link">
            Sign in
          </a>
        </p>
      </div>
    </EntryShell>
  )
}

/** What the link of an operator brings along; null without one. */
async function invitationOf(query: Query): Promise<{ invitation: string; email: string } | null> {
  const invitation = await queryValue(query, 'invitation')
  return invitation === null ? null : { invitation, email: (await queryValue(query, 'email')) ?? '' }
}
