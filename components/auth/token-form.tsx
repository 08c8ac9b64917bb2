import { ApiForm } from '../forms/api-form.tsx'
import type { FormState } from '../forms/form-state.ts'
import { SubmitButton } from '../forms/submit-button.tsx'
import { StripToken } from './strip-token.tsx'

export interface TokenFormProps {
  /** The endpoint that uses the token. */
  path: string
  /** The page it stands on, without its query. */
  page: string
  next: string
  token: string
  label: string
  pendingLabel: string
  initial: FormState | null
}

/** One button that does what a link is for: opening the link does nothing yet. */
export function TokenForm({ path, page, next, token, label, pendingLabel, initial }: TokenFormProps) {
  return (
    <ApiForm
      target={{ path, method: 'POST' }}
      page={`${page}?${new URLSearchParams({ token })}`}
      next={next}
      initial={initial}
    >
      <StripToken />
      <input type="hidden" name="token" value={token} />
      <SubmitButton label={label} pendingLabel={pendingLabel} className="w-full" />
    </ApiForm>
  )
}
