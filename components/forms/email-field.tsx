'use client'

import { useEffect, useRef } from 'react'
import { type FieldProps, TextField } from './text-field.tsx'
import { keepTypedEmail, typedEmail } from './typed-email.ts'

/** An address, or what stands for one, that the pages of this tab ask for once. */
export function EmailField(field: FieldProps) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => fillUnlessTouched(input.current), [])
  return (
    <TextField
      inputMode="email"
      autoComplete="username"
      required
      {...field}
      ref={input}
      onInput={({ currentTarget }) => keepTypedEmail(currentTarget.value)}
    />
  )
}

/** Scripts come late: somebody may be typing already. */
function fillUnlessTouched(input: HTMLInputElement | null): void {
  if (input?.value !== '' || document.activeElement === input) return
  input.value = typedEmail() ?? ''
}
