'use client'

import { __NEXTAUTH, SessionContext, type SessionContextValue } from 'next-auth/react'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'

type Session = NonNullable<SessionContextValue['data']>

export interface SessionProviderProps {
  children: ReactNode
  /** What `auth()` said for this page; left out, it is asked for. */
  session?: Session | null
  /** Asks again so often; default: when the page comes to the front, and when another tab signs in or out. */
  refetchInterval?: number
  refetchOnWindowFocus?: boolean
}

/**
 * Stands for the SessionProvider of `next-auth/react`, whose `useSession()`, `signIn()` and `signOut()` go on working
 * below it. That one takes any failed answer for a sign-out, until the page is loaded anew; this one believes the server
 * alone: while nobody can tell, what was known stays, and it asks again.
 */
export function SessionProvider({ children, session, ...how }: SessionProviderProps) {
  const { known, ask } = useAskedSession(session)
  useOccasions(ask, how)
  useFirstQuestion(ask, session)
  const value = useMemo(() => toContext(known, ask), [known, ask])
  return <SessionContext value={value}>{children}</SessionContext>
}

/** `undefined`: nobody has said yet. */
type Known = Session | null | undefined

function toContext(known: Known, ask: Ask): SessionContextValue {
  const update = async () => (await ask()) ?? null
  if (known === undefined) return { data: null, status: 'loading', update }
  return known
    ? { data: known, status: 'authenticated', update }
    : { data: null, status: 'unauthenticated', update }
}

/** @returns what is known then */
type Ask = () => Promise<Known>

function useAskedSession(initial: Known): { known: Known; ask: Ask } {
  const [known, setKnown] = useState(initial)
  const line = useRef<Line>({ asked: 0, answered: 0, known: initial, endsMs: Number.POSITIVE_INFINITY })
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const ask = useRef<Ask>(async () => {
    clearTimeout(timer.current)
    const { current } = line
    current.asked += 1
    const number = current.asked
    const answer = await askServer()
    // A question that was asked later has its answer already.
    if (number > current.answered) {
      current.answered = number
      if (answer.kind === 'told') Object.assign(current, answer)
      else if (performance.now() > current.endsMs) current.known = null
      setKnown(current.known)
      clearTimeout(timer.current)
      if (answer.kind === 'unknown') timer.current = setTimeout(ask.current, answer.waitMs)
    }
    return current.known
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  return { known, ask: ask.current }
}

interface Line {
  asked: number
  answered: number
  known: Known
  /** When the session ends in any case, by `performance.now()`. */
  endsMs: number
}

type Answer = { kind: 'told'; known: Session | null; endsMs: number } | { kind: 'unknown'; waitMs: number }

const waitSeconds = { least: 1, usual: 5, most: 30 }

async function askServer(): Promise<Answer> {
  try {
    const answer = await fetch(`${__NEXTAUTH.basePath}/session`, { headers: { accept: 'application/json' } })
    if (!answer.ok) return { kind: 'unknown', waitMs: waitOf(answer) * 1000 }
    const known: Session | null = await answer.json()
    return { kind: 'told', known, endsMs: performance.now() + msLeft(known, answer) }
  } catch {
    return { kind: 'unknown', waitMs: waitSeconds.usual * 1000 }
  }
}

function waitOf({ headers }: Response): number {
  const told = Number(headers.get('retry-after') ?? waitSeconds.usual)
  return Math.min(Math.max(told || waitSeconds.usual, waitSeconds.least), waitSeconds.most)
}

/** By the server's clock: the reader's may be wrong. */
function msLeft(known: Session | null, { headers }: Response): number {
  const left = Date.parse(known?.expires ?? '') - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(left) ? Number.POSITIVE_INFINITY : left
}

function useFirstQuestion(ask: Ask, initial: Known): void {
  const isKnown = initial !== undefined
  useEffect(() => {
    if (!isKnown) void ask()
  }, [ask, isKnown])
}

type Occasions = Pick<SessionProviderProps, 'refetchInterval' | 'refetchOnWindowFocus'>

function useOccasions(ask: Ask, { refetchInterval = 0, refetchOnWindowFocus = true }: Occasions): void {
  useEffect(() => {
    // Where signIn() and signOut() of next-auth/react, without a redirect, ask for the new session.
    __NEXTAUTH._getSession = ask
    const channel = new BroadcastChannel('next-auth')
    channel.addEventListener('message', ask)
    window.addEventListener('online', ask)
    return () => {
      __NEXTAUTH._getSession = () => {}
      channel.close()
      window.removeEventListener('online', ask)
    }
  }, [ask])
  useEffect(() => {
    if (!refetchOnWindowFocus) return
    const look = () => void (document.visibilityState === 'visible' && ask())
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [ask, refetchOnWindowFocus])
  useEffect(() => {
    if (refetchInterval <= 0) return
    const timer = setInterval(ask, refetchInterval * 1000)
    return () => clearInterval(timer)
  }, [ask, refetchInterval])
}
