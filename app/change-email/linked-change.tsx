import { describeEmailChange } from '#lib/auth/change-email/change-email-by-link.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { TokenForm } from '../../components/auth/token-form.tsx'
import { EntryShell } from '../../components/shell/entry-shell.tsx'
import { ButtonLink } from '../../components/ui/button.tsx'
import { Card } from '../../components/ui/card.tsx'
import { Facts } from '../../components/ui/facts.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { flashFor, type Query, queryValue } from '../current.ts'

/** What one of the two pages says; they are alike but for their words. */
export interface LinkedChangeWords {
  purpose: 'change_email' | 'undo_email_change'
  page: '/change-email/confirm' | '/change-email/undo'
  title: string
  explanation: string
  label: string
  pendingLabel: string
  done: { title: string; text: string; href: string; label: string }
}

const deadLinks = {
  link_used: 'This link was used already.',
  link_expired: 'This link has expired.',
  link_invalid: 'This link does not work. A newer one may have replaced it, or the change was cancelled.',
}

export async function LinkedChange({
  words,
  searchParams,
}: {
  words: LinkedChangeWords
  searchParams: Query
}) {
  const runtime = await processRuntime()
  const { appName } = runtime.config
  if ((await queryValue(searchParams, 'done')) === 'yes') return <Done appName={appName} {...words.done} />
  const token = (await queryValue(searchParams, 'token')) ?? ''
  const linked = await describeEmailChange(runtime, words.purpose, token)
  if (linked.kind !== 'open') {
    return (
      <EntryShell appName={appName} title={words.title}>
        <div className="flex flex-col gap-5">
          <Notice tone="warning">{deadLinks[linked.kind]} Nothing was changed.</Notice>
          <p className="text-center">
            <a href="/account" className="prose-link">
              Your account
            </a>
          </p>
        </div>
      </EntryShell>
    )
  }
  return (
    <EntryShell appName={appName} title={words.title}>
      <Card>
        <p>{words.explanation}</p>
        <div className="mb-6">
          <Facts
            isNarrow
            facts={[
              ['Account', linked.username],
              ['Address now', linked.from],
              ['Address then', linked.to],
            ]}
          />
        </div>
        <TokenForm
          path={`/api/auth${words.page}`}
          page={words.page}
          next={`${words.page}?done=yes`}
          token={token}
          label={words.label}
          pendingLabel={words.pendingLabel}
          initial={await flashFor(words.page)}
        />
      </Card>
    </EntryShell>
  )
}

function Done({ appName, title, text, href, label }: LinkedChangeWords['done'] & { appName: string }) {
  return (
    <EntryShell appName={appName} title={title}>
      <Card>
        <p className="mb-6">{text}</p>
        <ButtonLink href={href} className="w-full">
          {label}
        </ButtonLink>
      </Card>
    </EntryShell>
  )
}
