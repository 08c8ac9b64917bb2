import type { ReactNode } from 'react'
import { ApiForm } from '../forms/api-form.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'
import { Logo } from '../ui/logo.tsx'
import { ReloadWhenRestored } from './reload-when-restored.tsx'
import { ShellFooter } from './shell-footer.tsx'

const pages = [
  { path: '/account', name: 'Account' },
  { path: '/account/sessions', name: 'Sessions' },
  { path: '/account/security', name: 'Security' },
  { path: '/account/data', name: 'Data' },
] as const

export type AccountPage = (typeof pages)[number]['path']

/** Pages for people who are signed in. Signing out is always in sight. */
export function AccountShell({ appName, page, title, children }: AccountShellProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <ReloadWhenRestored />
      <header className="border-b border-border bg-card">
        <div className="mx-auto flex max-w-[45rem] items-center justify-between gap-x-4 px-4 py-3">
          <a href="/" className="min-w-0 rounded-field no-underline">
            <Logo name={appName} />
          </a>
          <ApiForm
            target={{ path: '/api/auth/logout', method: 'POST' }}
            page={page}
            next="/login?done=signed-out"
            initial={null}
            label="Sign out"
          >
            <SubmitButton label="Sign out" pendingLabel="Signing out…" look="quiet" isCompact />
          </ApiForm>
        </div>
        <Navigation page={page} />
      </header>
      <main id="main" className="mx-auto w-full max-w-[45rem] flex-1 px-4 py-8 sm:py-10">
        <h1 className="mb-6 text-2xl font-semibold">{title}</h1>
        <div className="flex flex-col gap-6">{children}</div>
      </main>
      <ShellFooter />
    </div>
  )
}

interface AccountShellProps {
  appName: string
  page: AccountPage
  title: string
  children: ReactNode
}

function Navigation({ page }: { page: AccountPage }) {
  return (
    <nav aria-label="Account" className="mx-auto max-w-[45rem] px-4">
      <ul className="-mb-px flex gap-0.5 sm:gap-1">
        {pages.map(({ path, name }) => (
          <li key={path}>
            <a
              href={path}
              aria-current={path === page ? 'page' : undefined}
              className="inline-flex min-h-11 items-center border-b-3 border-transparent px-1.5 min-[360px]:px-2.5 sm:px-3 text-muted-foreground no-underline hover:text-foreground aria-[current=page]:border-brand aria-[current=page]:font-medium aria-[current=page]:text-foreground"
            >
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
