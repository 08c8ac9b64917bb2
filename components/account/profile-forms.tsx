import { ApiForm } from '../forms/api-form.tsx'
import { CoolingSubmitButton } from '../forms/cooling-submit-button.tsx'
import type { FormState } from '../forms/form-state.ts'
import { SubmitButton } from '../forms/submit-button.tsx'
import { TextField } from '../forms/text-field.tsx'
import { type OwnerProof, OwnPassword, SignInAgain } from './owner-proof.tsx'

export function UsernameForm({ username, initial }: { username: string; initial: FormState | null }) {
  return (
    <ApiForm
      target={{ path: '/api/auth/me', method: 'PATCH' }}
      page="/account"
      next="/account?done=name-changed"
      initial={initial}
      className="flex flex-col gap-5"
      name="name"
    >
      <TextField
        name="username"
        label="User name"
        hint="Others may see it, and you can sign in with it. Your old name becomes free for others."
        autoComplete="nickname"
        initially={username}
        required
      />
      <div>
        <SubmitButton label="Change user name" pendingLabel="Changing…" />
      </div>
    </ApiForm>
  )
}

export function ChangeEmailForm({ proof, initial }: { proof: OwnerProof; initial: FormState | null }) {
  if (proof.kind === 'sign_in_again') {
    return <SignInAgain provider={proof.provider} page="/account" before="change your address" />
  }
  return (
    <ApiForm
      target={{ path: '/api/auth/change-email', method: 'POST' }}
      page="/account"
      next="/account?done=email-requested"
      initial={initial}
      className="flex flex-col gap-5"
      name="email"
    >
      <TextField
        name="new_email"
        label="New email"
        hint="We send a link to it. Your address changes when you open that link."
        type="email"
        inputMode="email"
        autoComplete="email"
        required
      />
      <OwnPassword proof={proof} />
      <div>
        <SubmitButton label="Change email" pendingLabel="Sending…" />
      </div>
    </ApiForm>
  )
}

export function CancelEmailForm() {
  return (
    <ApiForm
      target={{ path: '/api/auth/change-email', method: 'DELETE' }}
      page="/account"
      next="/account?done=email-cancelled"
      initial={null}
      name="cancel"
    >
      <SubmitButton label="Cancel the change" pendingLabel="Cancelling…" look="quiet" />
    </ApiForm>
  )
}

interface VerifyOwnFormProps {
  email: string
  initial: FormState | null
  /** A message was sent just now: another one waits a minute. */
  isSent: boolean
}

/** Sends the message that verifies the address of the account. */
export function VerifyOwnForm({ email, initial, isSent }: VerifyOwnFormProps) {
  return (
    <ApiForm
      target={{ path: '/api/auth/verify-email/resend', method: 'POST' }}
      page="/account"
      next="/account?done=verification-sent"
      initial={initial}
      name="resend"
    >
      <input type="hidden" name="email" value={email} />
      <CoolingSubmitButton
        isCooling={isSent}
        label="Send the message again"
        pendingLabel="Sending…"
        look="quiet"
      />
    </ApiForm>
  )
}
