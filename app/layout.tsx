import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { SkipLink } from '../components/shell/skip-link.tsx'
import { appName } from './current.ts'
import './globals.css'

export async function generateMetadata(): Promise<Metadata> {
  const name = await appName()
  return { title: { template: `%s · ${name}`, default: name }, robots: { index: false } }
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#003554' },
    { media: '(prefers-color-scheme: dark)', color: '#061720' },
  ],
}

/** Every page is drawn for its request: the policy has a nonce, and most pages show who is signed in. */
export const dynamic = 'force-dynamic'

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = (await cookies()).get('theme')?.value
  const chosen = theme === 'light' || theme === 'dark' ? theme : undefined
  return (
    <html lang="en" className={chosen}>
      <body>
        <SkipLink />
        {children}
      </body>
    </html>
  )
}
