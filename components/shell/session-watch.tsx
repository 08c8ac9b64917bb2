'use client'

import { useSession } from 'next-auth/react'
import { type ComponentProps, useEffect } from 'react'
import { SessionProvider } from '../auth-js/session-provider.tsx'

/** A page that comes to the front again learns that its session has ended elsewhere. Children may ask useSession(). */
export function SessionWatch({ session, children }: ComponentProps<typeof SessionProvider>) {
  return (
    <SessionProvider session={session ?? null}>
      <Watch />
      {children}
    </SessionProvider>
  )
}

function Watch() {
  const { status } = useSession()
  useEffect(() => {
    if (status === 'unauthenticated') window.location.reload()
  }, [status])
  return null
}
