import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { PresentedPassword } from '#lib/password/password.contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const deleteAccountContract = contract({
  operationId: 'deleteMyAccount',
  method: 'DELETE',
  path: '/api/auth/me',
  summary: 'Delete my account',
  description:
    'Ends every session. Signing in within 14 days takes it back; then the account is removed with everything that belongs to it. Needs the password, or a session that began within the last ten minutes. The last administrator stays.',
  tag: 'auth',
  principal: 'session',
  body: z.strictObject({ password: PresentedPassword.optional() }),
  bodyOptional: true,
  form: { checkboxes: [] },
  setsCookie: true,
  responses: { 200: Done },
  problems: [
    'wrong_password',
    'reauthentication_required',
    'last_administrator',
    'rate_limited',
    'overloaded',
  ],
})
