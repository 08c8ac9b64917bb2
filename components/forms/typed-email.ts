'use client'

import { useSyncExternalStore } from 'react'

const storageKey = 'typed-email'

/** Keeps the address that was typed last in this tab, for the pages that would ask for it again. */
export function keepTypedEmail(email: string): void {
  try {
    sessionStorage.setItem(storageKey, email)
  } catch {
    // A browser that keeps nothing: it is typed again.
  }
}

/** The address that was typed last in this tab; null while the page is drawn on the server, or when there is none. */
export function useTypedEmail(): string | null {
  return useSyncExternalStore(never, typedEmail, () => null)
}

const never = () => () => {}

/** The same at this moment, in a browser. */
export function typedEmail(): string | null {
  try {
    return sessionStorage.getItem(storageKey)
  } catch {
    return null
  }
}
