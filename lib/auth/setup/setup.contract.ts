import { z } from 'zod'
import { NewEmail, NewUsername } from '#lib/auth/account.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { NewPassword } from '#lib/password/password.contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const setupContract = contract({
  operationId: 'setUpFirstAdministrator',
  method: 'POST',
  path: '/api/setup',
  summary: 'Create the first administrator',
  description:
    'Works once, with the key that the server prints while no administrator exists. At most 10 wrong keys an hour from one address.',
  tag: 'operations',
  principal: 'none',
  body: z.strictObject({
    token: z.string().max(200).describe('The key from the terminal.').meta({ writeOnly: true }),
    email: NewEmail,
    username: NewUsername,
    password: NewPassword,
  }),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: [
    'link_invalid',
    'link_used',
    'email_taken',
    'username_taken',
    'weak_password',
    'breached_password',
    'overloaded',
  ],
  limits: ['setup'],
})
