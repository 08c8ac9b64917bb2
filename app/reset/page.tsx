import { describeReset, type LinkedReset } from '#lib/auth/reset-password/describe-reset.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { ForgotForm } from '../../components/auth/forgot-form.tsx'
import { ResetForm } from '../../components/auth/reset-form.tsx'
import { EntryShell } from '../../components/shell/entry-shell.tsx'
import { Card } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { flashFor, type Query, queryValue, titleFor } from '../current.ts'

export const generateMetadata = () => titleFor('/reset', 'New password')

export default async function ResetPage({ searchParams }: { searchParams: Query }) {
  const runtime = await processRuntime()
  const token = await queryValue(searchParams, 'token')
  const linked = token === null ? null : await describeReset(runtime, token)
  const link = linked?.kind === 'open' && token !== null ? { token, email: linked.email } : null
  return (
    <EntryShell appName={runtime.config.appName} title="New password">
      <div className="flex flex-col gap-5">
        {linked && linked.kind !== 'open' ? (
          <DeadLink kind={linked.kind} initial={await flashFor('/reset', 'forgot')} />
        ) : (
          <Card>
            <ResetForm
              link={link}
              passwordLengthMin={runtime.config.password.lengthMin}
              initial={await flashFor('/reset', 'reset')}
            />
          </Card>
        )}
        <p className="text-center">
          <a href={linked ? '/login' : '/forgot'} className="prose-link">
            {linked ? 'Sign in' : 'Get another link'}
          </a>
        </p>
      </div>
    </EntryShell>
  )
}

const sentences: Record<Exclude<LinkedReset['kind'], 'open'>, string> = {
  link_used: 'This link was used already.',
  link_expired: 'This link has expired: it worked for 30 minutes.',
  link_invalid: 'This link does not work. A newer one may have replaced it.',
}

function DeadLink({
  kind,
  initial,
}: {
  kind: keyof typeof sentences
  initial: Awaited<ReturnType<typeof flashFor>>
}) {
  return (
    <>
      <Notice tone="warning">{sentences[kind]} Your password is as it was. Ask for a new link here:</Notice>
      <Card>
        <ForgotForm page="/reset" initial={initial} isSent={false} typedEmail={null} />
      </Card>
    </>
  )
}
