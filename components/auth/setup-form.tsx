import { ApiForm } from '../forms/api-form.tsx'
import type { FormState } from '../forms/form-state.ts'
import { SubmitButton } from '../forms/submit-button.tsx'
import { AccountFields, type AccountFieldsProps } from './register-form.tsx'
import { StripToken } from './strip-token.tsx'

export function SetupForm({
  token,
  initial,
  passwordLengthMin,
}: { token: string; initial: FormState | null } & AccountFieldsProps) {
  return (
    <ApiForm
      target={{ path: '/api/setup', method: 'POST' }}
      page={`/setup?${new URLSearchParams({ token })}`}
      next="/login?done=administrator"
      initial={initial}
      className="flex flex-col gap-5"
    >
      <StripToken />
      <input type="hidden" name="token" value={token} />
      <AccountFields passwordLengthMin={passwordLengthMin} />
      <SubmitButton label="Create administrator" pendingLabel="Creating…" className="w-full" />
    </ApiForm>
  )
}
