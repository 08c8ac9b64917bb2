import { ThemeSwitch } from './theme-switch.tsx'

export function ShellFooter() {
  return (
    <footer className="flex flex-wrap items-center justify-center gap-x-6 px-4 pb-6">
      <ThemeSwitch />
      <a href="/docs/start" className="prose-link inline-flex min-h-11 items-center text-sm">
        For developers
      </a>
    </footer>
  )
}
