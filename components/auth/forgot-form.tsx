import { ApiForm } from '../forms/api-form.tsx'
import { CoolingSubmitButton } from '../forms/cooling-submit-button.tsx'
import { EmailField } from '../forms/email-field.tsx'
import type { FormState } from '../forms/form-state.ts'
import { TextField } from '../forms/text-field.tsx'

interface ForgotFormProps {
  page: string
  initial: FormState | null
  /** A link was asked for just now: another one waits a minute. */
  isSent: boolean
  /** What was typed on the page before, without scripts. */
  typedEmail: string | null
}

export function ForgotForm({ page, initial, isSent, typedEmail }: ForgotFormProps) {
  return (
    <ApiForm
      target={{ path: '/api/auth/forgot-password', method: 'POST' }}
      page={page}
      next="/forgot?done=sent"
      initial={initial}
      className="flex flex-col gap-5"
      name="forgot"
    >
      <EmailField
        name="email"
        label="Email"
        type="email"
        hint="The address of your account."
        {...(typedEmail && { initially: typedEmail })}
      />
      <CoolingSubmitButton
        isCooling={isSent}
        label={isSent ? 'Send another link' : 'Send a link'}
        pendingLabel="Sending…"
        className="w-full"
      />
    </ApiForm>
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
