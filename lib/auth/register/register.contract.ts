import { z } from 'zod'
import { NewEmail, NewUsername } from '#lib/auth/account.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { NewPassword } from '#lib/password/password.contract.ts'
import { User } from '#lib/session/session.contract.ts'

export const registerContract = contract({
  operationId: 'register',
  method: 'POST',
  path: '/api/auth/register',
  summary: 'Create an account',
  description:
    'Creates an account and sends a message that verifies its address. Nobody is signed in by it. With EMAIL_VERIFICATION=required the link in that message makes the account, and the answer is the same for an address that is known; until then the same user name with the same password replaces the registration, for whoever mistyped the address. At most 10 an hour from one address.',
  tag: 'auth',
  principal: 'none',
  body: z.object({
    email: NewEmail,
    username: NewUsername,
    password: NewPassword,
    invitation: z
      .string()
      .max(100)
      .optional()
      .describe('From the link of an operator, with REGISTRATION=invite.')
      .meta({ writeOnly: true }),
  }),
  form: { checkboxes: [], carriesEmail: true },
  responses: {
    200: z.strictObject({ status: z.literal('success'), message: z.string(), user: User.optional() }),
  },
  problems: [
    'email_taken',
    'username_taken',
    'weak_password',
    'breached_password',
    'registration_closed',
    'overloaded',
  ],
  limits: ['registration'],
  tellsRateLimit: true,
  idempotencyKey: true,
})
