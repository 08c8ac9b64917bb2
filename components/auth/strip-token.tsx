'use client'

import { useEffect } from 'react'

/** Takes a key out of the address bar and the history once the page has it. */
export function StripToken() {
  useEffect(() => window.history.replaceState(null, '', window.location.pathname), [])
  return null
}
