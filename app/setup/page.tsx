import { redirect } from 'next/navigation'
import { isSetupOpen } from '#lib/auth/setup/setup.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { SetupForm } from '../../components/auth/setup-form.tsx'
import { EntryShell } from '../../components/shell/entry-shell.tsx'
import { Card } from '../../components/ui/card.tsx'
import { flashFor, type Query, queryValue, titleFor } from '../current.ts'

export const generateMetadata = () => titleFor('/setup', 'First administrator')

export default async function SetupPage({ searchParams }: { searchParams: Query }) {
  const runtime = await processRuntime()
  // Not notFound(): without scripts its page would be empty. No page has this address, so there is nothing.
  if (!(await isSetupOpen(runtime))) redirect('/setup/closed')
  const token = await queryValue(searchParams, 'token')
  return (
    <EntryShell appName={runtime.config.appName} title="First administrator">
      <Card>
        {token ? (
          <>
            <p className="mb-6 text-muted-foreground">
              This works once. The account may see and change everything on this server.
            </p>
            <SetupForm
              token={token}
              initial={await flashFor('/setup')}
              passwordLengthMin={runtime.config.password.lengthMin}
            />
          </>
        ) : (
          <p>
            Open the set-up link that the server printed in its terminal. It carries the key this page needs.
          </p>
        )}
      </Card>
    </EntryShell>
  )
}
