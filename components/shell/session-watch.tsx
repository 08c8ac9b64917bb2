'use client'

import { SessionProvider, useSession } from 'next-auth/react'
import { type ComponentProps, useEffect } from 'react'

/** A page that comes to the front again learns that its session has ended elsewhere. Children may ask useSession(). */
export function SessionWatch({ session, children }: ComponentProps<typeof SessionProvider>) {
  return (
    <SessionProvider session={session ?? null} refetchOnWindowFocus refetchWhenOffline={false}>
      <Watch />
      {children}
    </SessionProvider>
  )
}

function Watch() {
  const { status } = useSession()
  useEffect(() => {
    if (status !== 'unauthenticated') return
    void reloadIfEnded()
    // Auth.js asks no more once it believes that nobody is signed in.
    document.addEventListener('visibilitychange', reloadIfEnded)
    return () => document.removeEventListener('visibilitychange', reloadIfEnded)
  }, [status])
  return null
}

/** Auth.js takes any failure for a sign-out. A server that cannot tell has not said so: the page stays. */
async function reloadIfEnded(): Promise<void> {
  const answer = await fetch('/api/auth/me', { headers: { 'x-passive': '1' } }).catch(() => null)
  if (answer?.status === 401) window.location.reload()
}
