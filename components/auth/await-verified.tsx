'use client'

import { useEffect } from 'react'

const channelName = 'email-verified'
const pollEveryMs = 5000
const pollForMs = 600_000

/** Tells the tabs of this browser that wait for it. */
export function AnnounceVerified() {
  useEffect(() => {
    const channel = new BroadcastChannel(channelName)
    channel.postMessage(null)
    channel.close()
  }, [])
  return null
}

export interface AwaitVerifiedProps {
  /** Where the tab moves on to. */
  next: string
  /** Somebody signed in may ask whether another device has verified the address; nobody else is told. */
  isSignedIn: boolean
}

/** Moves a tab that was left waiting on, once the address is verified in another tab or, signed in, on another device. */
export function AwaitVerified({ next, isSignedIn }: AwaitVerifiedProps) {
  useEffect(() => {
    const channel = new BroadcastChannel(channelName)
    const moveOn = () => window.location.assign(next)
    const ask = async () => {
      if (document.visibilityState === 'visible' && (await isVerified())) moveOn()
    }
    // Of somebody who is signed in it may be another account that was verified there.
    channel.onmessage = isSignedIn ? ask : moveOn
    if (!isSignedIn) return () => channel.close()
    const timer = setInterval(ask, pollEveryMs)
    const end = setTimeout(() => clearInterval(timer), pollForMs)
    document.addEventListener('visibilitychange', ask)
    return () => {
      channel.close()
      clearInterval(timer)
      clearTimeout(end)
      document.removeEventListener('visibilitychange', ask)
    }
  }, [next, isSignedIn])
  return null
}

async function isVerified(): Promise<boolean> {
  try {
    // Does not keep the session alive.
    const headers = { accept: 'application/json', 'x-passive': '1' }
    const answer = await fetch('/api/auth/me', { headers, credentials: 'same-origin' })
    return answer.ok && (await answer.json()).email_verified === true
  } catch {
    return false
  }
}
