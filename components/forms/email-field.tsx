'use client'

import { type FieldProps, TextField } from './text-field.tsx'
import { keepTypedEmail, useTypedEmail } from './typed-email.ts'

/** An address, or what stands for one, that the pages of this tab ask for once. */
export function EmailField({ initially, ...field }: FieldProps) {
  const typed = useTypedEmail()
  return (
    <TextField
      inputMode="email"
      autoComplete="username"
      required
      {...field}
      initially={initially ?? typed ?? ''}
      onInput={({ currentTarget }) => keepTypedEmail(currentTarget.value)}
    />
  )
}
