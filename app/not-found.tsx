import { EntryShell } from '../components/shell/entry-shell.tsx'
import { ButtonLink } from '../components/ui/button.tsx'
import { Card } from '../components/ui/card.tsx'
import { appName } from './current.ts'

export const metadata = { title: 'Not found' }

export default async function NotFoundPage() {
  return (
    <EntryShell appName={await appName()} title="There is nothing here">
      <Card>
        <p className="mb-6">The address may be wrong, or what was here is gone.</p>
        <ButtonLink href="/">To the start</ButtonLink>
      </Card>
    </EntryShell>
  )
}
