'use client'

import { useEffect, useState } from 'react'
import { SubmitButton, type SubmitButtonProps } from './submit-button.tsx'

const coolingSeconds = 60

/**
 * For what sends a message: after one was sent it waits a minute, in which that message comes.
 *
 * @param isCooling  true on the page that a sending led to
 */
export function CoolingSubmitButton({
  isCooling,
  label,
  ...button
}: SubmitButtonProps & { isCooling: boolean }) {
  const left = useSecondsLeft(isCooling)
  return (
    <SubmitButton {...button} label={left > 0 ? `${label} (in ${left} s)` : label} isBlocked={left > 0} />
  )
}

function useSecondsLeft(isCooling: boolean): number {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    if (!isCooling) return
    const endsAt = performance.now() + coolingSeconds * 1000
    const tick = () => setLeft(Math.max(0, Math.ceil((endsAt - performance.now()) / 1000)))
    tick()
    const timer = setInterval(tick, 250)
    const end = setTimeout(() => clearInterval(timer), coolingSeconds * 1000 + 500)
    return () => {
      clearInterval(timer)
      clearTimeout(end)
    }
  }, [isCooling])
  return left
}
