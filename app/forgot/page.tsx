import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { ForgotForm } from '../../components/auth/forgot-form.tsx'
import { SentTo } from '../../components/auth/sent-to.tsx'
import { EntryShell } from '../../components/shell/entry-shell.tsx'
import { Card } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { flashFor, type Query, queryValue, titleFor, typedEmailFor } from '../current.ts'

export const generateMetadata = () => titleFor('/forgot', 'Forgot password')

export default async function ForgotPage({ searchParams }: { searchParams: Query }) {
  const { config } = await processRuntime()
  const isSent = (await queryValue(searchParams, 'done')) === 'sent'
  const typedEmail = await typedEmailFor('/forgot')
  return (
    <EntryShell appName={config.appName} title={isSent ? 'Check your email' : 'Forgot your password?'}>
      <div className="flex flex-col gap-5">
        {config.mail.kind === 'off' && (
          <Notice tone="warning">This server sends no mail. Ask the people who run it for help.</Notice>
        )}
        {isSent && (
          <div role="status">
            <Notice tone="info">
              If an account has that address, we sent a link to it. It works for 30 minutes. Nothing after 5
              minutes? Look in the spam folder, or try again.
              <SentTo email={typedEmail} />
            </Notice>
          </div>
        )}
        <Card>
          <p className="mb-5 text-muted-foreground">
            {isSent ? 'To send another one:' : 'We send a link to a new password.'}
          </p>
          <ForgotForm
            page="/forgot"
            initial={await flashFor('/forgot')}
            isSent={isSent}
            typedEmail={typedEmail}
          />
        </Card>
        <p className="text-center">
          <a href="/reset" className="prose-link">
            Enter a code
          </a>{' '}
          ·{' '}
          <a href="/login" className="prose-link">
            Sign in
          </a>
        </p>
      </div>
    </EntryShell>
  )
}
