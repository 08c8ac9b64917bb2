import { ApiForm } from '../forms/api-form.tsx'
import { EmailField } from '../forms/email-field.tsx'
import type { FormState } from '../forms/form-state.ts'
import { PasswordField } from '../forms/password-field.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'
import { CodeField } from './forgot-form.tsx'
import { StripToken } from './strip-token.tsx'

export interface ResetFormProps {
  /** What the link proves, or null: then the code of the message does. */
  link: { token: string; email: string } | null
  passwordLengthMin: number
  initial: FormState | null
}

export function ResetForm({ link, passwordLengthMin, initial }: ResetFormProps) {
  const query = link ? `?${new URLSearchParams({ token: link.token })}` : ''
  return (
    <ApiForm
      target={{ path: '/api/auth/reset-password', method: 'POST' }}
      page={`/reset${query}`}
      next="/login?done=password-reset"
      initial={initial}
      className="flex flex-col gap-5"
      name="reset"
    >
      {link ? <LinkFields token={link.token} email={link.email} /> : <CodeFields />}
      <PasswordField
        name="new_password"
        label="New password"
        autoComplete="new-password"
        hint={`At least ${passwordLengthMin} characters. A few unrelated words work well.`}
        passwordRules={`minlength: ${passwordLengthMin}; allowed: unicode;`}
      />
      <p className="text-sm text-muted-foreground">This signs out all your devices.</p>
      <SubmitButton label="Set new password" pendingLabel="Setting…" className="w-full" />
    </ApiForm>
  )
}

function LinkFields({ token, email }: { token: string; email: string }) {
  return (
    <>
      <StripToken />
      <input type="hidden" name="token" value={token} />
      <p>
        For <strong className="break-all">{email}</strong>
      </p>
      {/* Tells password managers which entry to change; it has no name, so it is not sent. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden />
    </>
  )
}

function CodeFields() {
  return (
    <>
      <EmailField name="email" label="Email" type="email" />
      <CodeField />
    </>
  )
}
