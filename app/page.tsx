import { EntryShell } from '../components/shell/entry-shell.tsx'
import { ButtonLink } from '../components/ui/button.tsx'
import { Card } from '../components/ui/card.tsx'
import { auth } from './auth.ts'
import { appName } from './current.ts'

export default async function HomePage() {
  const session = await auth()
  const name = await appName()
  if (session) {
    const { name: username } = session.user
    return (
      <EntryShell appName={name} title="You are signed in">
        <Card>
          <p className="mb-6">
            Signed in as <strong className="break-words">{username}</strong>.
          </p>
          <div className="flex flex-col gap-3">
            <ButtonLink href="/account">Your account</ButtonLink>
            <ButtonLink href="/account/sessions" look="quiet">
              Your sessions
            </ButtonLink>
          </div>
        </Card>
      </EntryShell>
    )
  }
  return (
    <EntryShell appName={name} title="Welcome">
      <Card>
        <p className="mb-6">Sign in to see your account and the devices you are signed in on.</p>
        <div className="flex flex-col gap-3">
          <ButtonLink href="/login">Sign in</ButtonLink>
          <ButtonLink href="/register" look="quiet">
            Create account
          </ButtonLink>
        </div>
      </Card>
    </EntryShell>
  )
}
