import type { ReactNode } from 'react'
import { Logo } from '../ui/logo.tsx'
import { ShellFooter } from './shell-footer.tsx'

/** Pages for people who are not signed in: a navy panel that says where they are, and one card that says what to do. */
export function EntryShell({
  appName,
  title,
  children,
}: {
  appName: string
  title: string
  children: ReactNode
}) {
  return (
    <div className="flex min-h-dvh flex-col lg:flex-row">
      <header className="[--ring:var(--panel-ring)] bg-panel px-5 py-5 text-panel-foreground sm:px-8 lg:flex lg:w-2/5 lg:max-w-xl lg:flex-col lg:justify-between lg:p-12">
        <a href="/" className="rounded-field no-underline">
          <Logo name={appName} className="text-lg" />
        </a>
        <p className="hidden max-w-[32ch] text-2xl font-semibold text-balance lg:block">
          One account. Every device you are signed in on, in one place.
        </p>
        <p className="hidden text-sm text-panel-accent lg:block">
          Sign out anywhere, and it is over everywhere.
        </p>
      </header>
      <div className="flex flex-1 flex-col">
        <main id="main" className="flex flex-1 items-start justify-center px-4 py-8 sm:items-center sm:px-8">
          <div className="w-full max-w-[25rem]">
            <h1 className="mb-6 text-2xl font-semibold">{title}</h1>
            {children}
          </div>
        </main>
        <ShellFooter />
      </div>
    </div>
  )
}
