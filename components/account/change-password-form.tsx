import { ApiForm } from '../forms/api-form.tsx'
import type { FormState } from '../forms/form-state.ts'
import { PasswordField } from '../forms/password-field.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'

export interface ChangePasswordFormProps {
  email: string
  passwordLengthMin: number
  initial: FormState | null
}

export function ChangePasswordForm({ email, passwordLengthMin, initial }: ChangePasswordFormProps) {
  return (
    <ApiForm
      target={{ path: '/api/auth/change-password', method: 'POST' }}
      page="/account/security"
      next="/account/security?done=password-changed"
      initial={initial}
      className="flex flex-col gap-5"
    >
      {/* Tells password managers which entry to change; it has no name, so it is not sent. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <PasswordField name="current_password" label="Current password" autoComplete="current-password" />
      <PasswordField
        name="new_password"
        label="New password"
        autoComplete="new-password"
        hint={`At least ${passwordLengthMin} characters. A few unrelated words work well.`}
        passwordRules={`minlength: ${passwordLengthMin}; allowed: unicode;`}
      />
      <div>
        <SubmitButton label="Change password" pendingLabel="Changing…" />
      </div>
    </ApiForm>
  )
}
