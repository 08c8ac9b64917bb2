import { z } from 'zod'
import { NewEmail } from '#lib/auth/account.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const resendVerificationContract = contract({
  operationId: 'resendVerification',
  method: 'POST',
  path: '/api/auth/verify-email/resend',
  summary: 'Send the verification message again',
  description:
    'The answer is the same whether or not there is something to verify. At most 20 an hour from one address block; to one address five an hour, beyond which the same answer sends nothing.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject({ email: NewEmail }),
  form: { checkboxes: [], carriesEmail: true },
  responses: { 200: Done },
  problems: [],
  limits: ['mail'],
  idempotencyKey: true,
})
