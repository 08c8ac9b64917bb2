'use client'

import { useEffect, useState } from 'react'

/** "Too many attempts", with the time that is left. Announced once, and again when ten seconds are left. */
export function Countdown({ seconds }: { seconds: number }) {
  const [left, setLeft] = useState(seconds)
  useEffect(() => {
    setLeft(seconds)
    const endsAt = performance.now() + seconds * 1000
    const timer = setInterval(() => {
      const rest = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000))
      setLeft(rest)
      if (rest === 0) clearInterval(timer)
    }, 250)
    return () => clearInterval(timer)
  }, [seconds])
  const announced = left > 10 ? seconds : Math.min(seconds, 10)
  return (
    <>
      <p aria-hidden="true">
        {left === 0 ? 'You can try again now.' : `Too many attempts. Try again in ${inWords(left)}.`}
      </p>
      <p className="sr-only">
        {left === 0 ? 'You can try again now.' : `Too many attempts. Try again in ${inWords(announced)}.`}
      </p>
    </>
  )
}

function inWords(seconds: number): string {
  if (seconds >= 120) return `${Math.ceil(seconds / 60)} minutes`
  return seconds === 1 ? '1 second' : `${seconds} seconds`
}
