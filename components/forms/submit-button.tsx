'use client'

import { useEffect, useState } from 'react'
import { type ButtonLook, buttonClass, SwappedLabel } from '../ui/button.tsx'
import { Spinner } from '../ui/spinner.tsx'
import { useForm } from './form-context.tsx'

const spinnerAfterMs = 400
const slowAfterMs = 8000

/** Keeps its width and its place while the form is sent; is never disabled before, so that people learn what is missing. */
export function SubmitButton({
  label,
  pendingLabel,
  look = 'primary',
  className,
  isCompact = false,
  isBlocked = false,
  describedBy,
}: SubmitButtonProps) {
  const { isPending } = useForm()
  const waited = useWaited(isPending)
  return (
    <>
      <button
        type="submit"
        disabled={isBlocked}
        aria-disabled={isPending || undefined}
        aria-describedby={describedBy}
        className={buttonClass(look, className)}
      >
        <SwappedLabel
          label={label}
          isSwapped={waited !== 'not at all'}
          swapped={
            <span className="inline-flex items-center justify-center gap-2">
              <Spinner /> {!isCompact && pendingLabel}
            </span>
          }
        />
      </button>
      <p role="status" className={waited === 'long' ? 'mt-2 text-sm text-muted-foreground' : 'sr-only'}>
        {waited === 'long' && 'Still working. Your connection may be slow.'}
        {waited === 'a moment' && pendingLabel}
      </p>
    </>
  )
}

export interface SubmitButtonProps {
  label: string
  pendingLabel: string
  look?: ButtonLook
  className?: string
  /** Shows that it is busy without words, where there is no room for them. */
  isCompact?: boolean
  /** Cannot be pressed for now, nor by Enter in a field; its label says why. */
  isBlocked?: boolean
  /** Id of what tells this button from others with the same label. */
  describedBy?: string
}

function useWaited(isPending: boolean): 'not at all' | 'a moment' | 'long' {
  const [waited, setWaited] = useState<'not at all' | 'a moment' | 'long'>('not at all')
  useEffect(() => {
    if (!isPending) return setWaited('not at all')
    const timers = [
      setTimeout(() => setWaited('a moment'), spinnerAfterMs),
      setTimeout(() => setWaited('long'), slowAfterMs),
    ]
    return () => timers.forEach(clearTimeout)
  }, [isPending])
  return waited
}
