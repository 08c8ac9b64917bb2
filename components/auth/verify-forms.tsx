import { ApiForm } from '../forms/api-form.tsx'
import { CoolingSubmitButton } from '../forms/cooling-submit-button.tsx'
import { EmailField } from '../forms/email-field.tsx'
import type { FormState } from '../forms/form-state.ts'
import { SubmitButton } from '../forms/submit-button.tsx'
import { CodeField } from './forgot-form.tsx'
import { StripToken } from './strip-token.tsx'

const pageOf = (token: string) => `/verify?${new URLSearchParams({ token })}`

/** Proves the address that a link was sent to. */
export function VerifyForm({ token, initial }: { token: string; initial: FormState | null }) {
  return (
    <ApiForm
      target={{ path: '/api/auth/verify-email', method: 'POST' }}
      page={pageOf(token)}
      next="/verify?done=verified"
      initial={initial}
      name="verify"
    >
      <StripToken />
      <input type="hidden" name="token" value={token} />
      <SubmitButton label="Verify email" pendingLabel="Verifying…" className="w-full" />
    </ApiForm>
  )
}

/** For whoever did not register: behind a disclosure that says what will happen. */
export function DisownForm({ token, initial }: { token: string; initial: FormState | null }) {
  return (
    <details className="text-sm" open={initial !== null || undefined}>
      <summary className="inline-flex min-h-6 cursor-pointer items-center text-link underline underline-offset-2">
        This was not me
      </summary>
      <p className="mt-3 mb-4 text-muted-foreground">
        Somebody registered with your address. This removes the account and signs out whoever uses it.
      </p>
      <ApiForm
        target={{ path: '/api/auth/verify-email/disown', method: 'POST' }}
        page={pageOf(token)}
        next="/verify?done=disowned"
        initial={initial}
        name="disown"
      >
        <input type="hidden" name="token" value={token} />
        <SubmitButton label="Remove this account" pendingLabel="Removing…" look="destructive" />
      </ApiForm>
    </details>
  )
}

interface MailboxFormProps {
  initial: FormState | null
  /** What was typed on the page before, without scripts. */
  typedEmail: string | null
}

/** The code of the message, on a device that did not open its link. */
export function VerifyCodeForm({ initial, typedEmail }: MailboxFormProps) {
  return (
    <ApiForm
      target={{ path: '/api/auth/verify-email', method: 'POST' }}
      page="/verify"
      next="/verify?done=verified"
      initial={initial}
      className="flex flex-col gap-5"
      name="code"
    >
      <EmailField name="email" label="Email" type="email" {...(typedEmail && { initially: typedEmail })} />
      <CodeField />
      <SubmitButton label="Verify email" pendingLabel="Verifying…" className="w-full" />
    </ApiForm>
  )
}

/** @param isSent  a message was sent just now: another one waits a minute */
export function ResendForm({ initial, typedEmail, isSent }: MailboxFormProps & { isSent: boolean }) {
  return (
    <ApiForm
      target={{ path: '/api/auth/verify-email/resend', method: 'POST' }}
      page="/verify"
      next="/verify?done=sent"
      initial={initial}
      className="flex flex-col gap-5"
      name="resend"
    >
      <EmailField name="email" label="Email" type="email" {...(typedEmail && { initially: typedEmail })} />
      <CoolingSubmitButton
        isCooling={isSent}
        label="Send another message"
        pendingLabel="Sending…"
        look="quiet"
        className="w-full"
      />
    </ApiForm>
  )
}
