import { ApiForm } from '../forms/api-form.tsx'
import type { FormState } from '../forms/form-state.ts'
import { SubmitButton } from '../forms/submit-button.tsx'
import { type OwnerProof, OwnPassword, SignInAgain } from './owner-proof.tsx'

/** Asks once more, without a script: the form is behind a disclosure. */
export function DeleteAccountForm({ proof, initial }: { proof: OwnerProof; initial: FormState | null }) {
  if (proof.kind === 'sign_in_again') {
    return <SignInAgain provider={proof.provider} page="/account/data" before="delete your account" />
  }
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
        <OwnPassword proof={proof} />
        <div>
          <SubmitButton label="Delete my account" pendingLabel="Deleting…" look="destructive" />
        </div>
      </ApiForm>
    </details>
  )
}
