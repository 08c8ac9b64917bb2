'use client'

import { useEffect, useState } from 'react'

const absolute: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' }
const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/**
 * An instant: in UTC as the server writes it, then in the reader's zone and words.
 *
 * @param now  by the server's clock; with it the instant is said as a distance. The reader's clock may be wrong.
 */
export function LocalTime({ instant, now }: { instant: string; now?: string }) {
  const [isLocal, setLocal] = useState(false)
  useEffect(() => setLocal(true), [])
  const date = new Date(instant)
  const full = isLocal
    ? new Intl.DateTimeFormat(undefined, { ...absolute, timeZoneName: undefined }).format(date)
    : `${new Intl.DateTimeFormat('en-GB', { ...absolute, timeZone: 'UTC' }).format(date)} UTC`
  return (
    <time dateTime={instant} title={full}>
      {isLocal && now ? relative(date, new Date(now)) : full}
    </time>
  )
}

function relative(date: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - date.getTime()) / 1000)
  const [unit, size] = steps.find(([, length]) => seconds >= length) ?? ['minute', 60]
  if (seconds < 60) return 'just now'
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(-Math.floor(seconds / size), unit)
}
