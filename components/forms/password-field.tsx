'use client'

import { type KeyboardEvent, useState } from 'react'
import { useFieldId, useForm } from './form-context.tsx'
import { FieldFrame, inputClass, useFieldAttributes } from './text-field.tsx'

export interface PasswordFieldProps {
  name: string
  label: string
  autoComplete: 'current-password' | 'new-password'
  hint?: string
  /** For password managers of Apple and others. */
  passwordRules?: string
}

/** A password with "Show" (only where scripts run) and a word about Caps Lock. Never a maximum length: it would cut a pasted password. */
export function PasswordField({ name, label, autoComplete, hint, passwordRules }: PasswordFieldProps) {
  const { isEnhanced, isPending } = useForm()
  const [isShown, setShown] = useState(false)
  const [hasCapsLock, setCapsLock] = useState(false)
  const id = useFieldId(name)
  const attributes = useFieldAttributes(name, hint, hasCapsLock ? [`${id}-caps`] : [])
  const watchCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'))
  // Hidden again while it is sent, so that the browser offers to save it.
  const type = isShown && !isPending ? 'text' : 'password'
  return (
    <FieldFrame name={name} label={label} {...(hint && { hint })}>
      <div className="relative">
        <input
          {...attributes}
          type={type}
          required
          autoComplete={autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          className={`${inputClass} ${isEnhanced ? 'pr-20' : ''}`}
          onKeyDown={watchCapsLock}
          onKeyUp={watchCapsLock}
          onBlur={() => setCapsLock(false)}
          {...(passwordRules && { passwordrules: passwordRules })}
        />
        {isEnhanced && (
          <button
            type="button"
            aria-controls={id}
            aria-pressed={isShown}
            aria-label={`Show ${label.toLowerCase()}`}
            onClick={() => setShown(!isShown)}
            className="absolute inset-y-1 right-1 min-w-16 rounded-field px-3 text-sm font-medium text-link hover:bg-muted"
          >
            {isShown ? 'Hide' : 'Show'}
          </button>
        )}
      </div>
      <p id={`${id}-caps`} role="status" className={hasCapsLock ? 'text-sm text-warning-text' : 'sr-only'}>
        {hasCapsLock && 'Caps Lock is on.'}
      </p>
    </FieldFrame>
  )
}
