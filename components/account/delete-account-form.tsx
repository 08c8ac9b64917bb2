import { ApiForm } from '../forms/api-form.tsx'
import type { FormState } from '../forms/form-state.ts'
import { PasswordField } from '../forms/password-field.tsx'
import { SubmitButton } from '../forms/submit-button.tsx'

/** Asks once more, without a script: the form is behind a disclosure. */
export function DeleteAccountForm({ email, initial }: { email: string; initial: FormState | null }) {
  return (
    <details open={initial !== null || undefined}>
      <summary className="cursor-pointer font-medium text-danger-text">Delete my account</summary>
      <ApiForm
        target={{ path: '/api/auth/me', method: 'DELETE' }}
        page="/account/data"
        next="/login?done=account-deleted"
        initial={initial}
        className="mt-4 flex flex-col gap-5"
        name="delete"
      >
        {/* Tells password managers which entry to use; it has no name, so it is not sent. */}
        <input type="text" autoComplete="username" value={email} readOnly hidden />
        <PasswordField name="password" label="Current password" autoComplete="current-password" />
        <div>
          <SubmitButton label="Delete my account" pendingLabel="Deleting…" look="destructive" />
        </div>
      </ApiForm>
    </details>
  )
}
