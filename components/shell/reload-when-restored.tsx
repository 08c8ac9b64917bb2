'use client'

import { useEffect } from 'react'

/** A page that comes back from the browser's memory after a sign-out must ask the server who is there. */
export function ReloadWhenRestored() {
  useEffect(() => {
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) window.location.reload()
    }
    window.addEventListener('pageshow', onShow)
    return () => window.removeEventListener('pageshow', onShow)
  }, [])
  return null
}
