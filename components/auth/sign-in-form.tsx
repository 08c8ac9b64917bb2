import { ApiForm } from '../forms/api-form.tsx'
import { CheckboxField } from '../forms/checkbox-field.tsx'
import { EmailField } from '../forms/email-field.tsx'
import type { FormState } from '../forms/form-state.ts'
import { PasswordField } from '../forms/password-field.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'

export interface SignInFormProps {
  page: string
  next: string
  initial: FormState | null
  /** What was typed on the page before, without scripts. */
  typedEmail: string | null
}

export function SignInForm({ page, next, initial, typedEmail }: SignInFormProps) {
  return (
    <ApiForm
      target={{ path: '/api/auth/login', method: 'POST' }}
      page={page}
      next={next}
      initial={initial}
      className="flex flex-col gap-5"
    >
      <input type="hidden" name="transport" value="cookie" />
      <EmailField
        name="email"
        label="Email or user name"
        inputMode="text"
        enterKeyHint="next"
        {...(typedEmail && { initially: typedEmail })}
      />
      <PasswordField name="password" label="Password" autoComplete="current-password" />
      <CheckboxField name="remember" label="Stay signed in on this device" defaultChecked />
      <SubmitButton label="Sign in" pendingLabel="Signing in…" className="w-full" />
    </ApiForm>
  )
}
