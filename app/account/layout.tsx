import type { ReactNode } from 'react'
import { SessionWatch } from '../../components/shell/session-watch.tsx'
import { auth } from '../auth.ts'

/** Pages for people who are signed in; each of them leads everybody else away. */
export default async function AccountLayout({ children }: { children: ReactNode }) {
  const session = await auth()
  return session ? <SessionWatch session={session}>{children}</SessionWatch> : children
}
