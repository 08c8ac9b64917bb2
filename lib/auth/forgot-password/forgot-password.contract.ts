import { z } from 'zod'
import { NewEmail } from '#lib/auth/account.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const forgotPasswordContract = contract({
  operationId: 'forgotPassword',
  method: 'POST',
  path: '/api/auth/forgot-password',
  summary: 'Ask for a link to a new password',
  description:
    'The answer is the same whether or not an account has the address. The link works for 30 minutes, the code in the same message for 10. At most 20 an hour from one address block; to one address five an hour, beyond which the same answer sends nothing.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject({ email: NewEmail }),
  form: { checkboxes: [], carriesEmail: true },
  responses: { 200: Done },
  problems: [],
  limits: ['mail'],
  idempotencyKey: true,
})
