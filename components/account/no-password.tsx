import { ApiForm } from '../forms/api-form.tsx'
import { CoolingSubmitButton } from '../forms/cooling-submit-button.tsx'
import type { FormState } from '../forms/form-state.ts'

interface NoPasswordProps {
  email: string
  /** False where the server sends no mail: then there is no way to a password. */
  hasMail: boolean
  /** A link was asked for just now: another one waits a minute. */
  isSent: boolean
  initial: FormState | null
}

/** What stands in the place of the form that changes a password, where there is none. */
export function NoPassword({ email, hasMail, isSent, initial }: NoPasswordProps) {
  if (!hasMail) {
    return (
      <p className="mt-1 text-muted-foreground">
        Your account has no password, and this server sends no mail to set one by.
      </p>
    )
  }
  return (
    <>
      <p className="mt-1 mb-5 text-muted-foreground">
        Your account has no password. We send you a link to set one; doing so signs out all your devices.
      </p>
      <ApiForm
        target={{ path: '/api/auth/forgot-password', method: 'POST' }}
        page="/account/security"
        next="/account/security?done=password-link-sent"
        initial={initial}
        name="set-password"
      >
        <input type="hidden" name="email" value={email} />
        <CoolingSubmitButton
          isCooling={isSent}
          label={isSent ? 'Send another link' : 'Send a link to set a password'}
          pendingLabel="Sending…"
          look="quiet"
        />
      </ApiForm>
    </>
  )
}
