import { ApiForm } from '../forms/api-form.tsx'
import { EmailField } from '../forms/email-field.tsx'
import type { FormState } from '../forms/form-state.ts'
import { PasswordField } from '../forms/password-field.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'
import { TextField } from '../forms/text-field.tsx'

export interface AccountFieldsProps {
  passwordLengthMin: number
  /** What the address begins with. */
  email?: string
}

/** The three facts of a new account. What people sign in with stands next to the password, so that managers save the right pair. */
export function AccountFields({ passwordLengthMin, email }: AccountFieldsProps) {
  return (
    <>
      <TextField
        name="username"
        label="User name"
        hint="3 to 32 letters, digits, dots, dashes or underscores. Others may see it."
        autoComplete="nickname"
        required
      />
      <EmailField
        name="email"
        label="Email"
        type="email"
        enterKeyHint="next"
        {...(email && { initially: email })}
      />
      <PasswordField
        name="password"
        label="Password"
        autoComplete="new-password"
        hint={`At least ${passwordLengthMin} characters. A few unrelated words work well.`}
        passwordRules={`minlength: ${passwordLengthMin}; allowed: unicode;`}
      />
    </>
  )
}

interface RegisterFormProps extends AccountFieldsProps {
  page: string
  next: string
  initial: FormState | null
  invitation: { invitation: string; email: string } | null
}

export function RegisterForm({ page, next, initial, passwordLengthMin, invitation }: RegisterFormProps) {
  return (
    <ApiForm
      target={{ path: '/api/auth/register', method: 'POST' }}
      page={page}
      next={next}
      initial={initial}
      className="flex flex-col gap-5"
    >
      {invitation && <input type="hidden" name="invitation" value={invitation.invitation} />}
      <AccountFields passwordLengthMin={passwordLengthMin} {...(invitation && { email: invitation.email })} />
      <SubmitButton label="Create account" pendingLabel="Creating…" className="w-full" />
    </ApiForm>
  )
}
