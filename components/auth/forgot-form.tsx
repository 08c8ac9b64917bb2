import { ApiForm } from '../forms/api-form.tsx'
import type { FormState } from '../forms/form-state.ts'
import { SubmitButton } from '../forms/submit-button.tsx'
import { TextField } from '../forms/text-field.tsx'

export function ForgotForm({ page, initial }: { page: string; initial: FormState | null }) {
  return (
    <ApiForm
      target={{ path: '/api/auth/forgot-password', method: 'POST' }}
      page={page}
      next="/forgot?done=sent"
      initial={initial}
      className="flex flex-col gap-5"
      name="forgot"
    >
      <EmailField hint="The address of your account." />
      <SubmitButton label="Send a link" pendingLabel="Sending…" className="w-full" />
    </ApiForm>
  )
}

/** The address of an account, where there is no password beside it. */
export function EmailField({ hint }: { hint?: string }) {
  return (
    <TextField
      name="email"
      label="Email"
      {...(hint && { hint })}
      type="email"
      inputMode="email"
      autoComplete="username"
      required
    />
  )
}

/** The six digits of a message. */
export function CodeField() {
  return (
    <TextField
      name="code"
      label="6-digit code"
      hint="From the same message. It works for 10 minutes."
      inputMode="numeric"
      autoComplete="one-time-code"
      required
    />
  )
}
