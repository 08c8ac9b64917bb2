import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { NewPassword, PresentedPassword } from '#lib/password/password.contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const changePasswordContract = contract({
  operationId: 'changePassword',
  method: 'POST',
  path: '/api/auth/change-password',
  summary: 'Change my password',
  description:
    'Replaces the password and ends every other session of the user, also one whose sign-in is in flight. A cookie session goes on under a new cookie. Wrong current passwords are limited within the session.',
  tag: 'auth',
  principal: 'session',
  body: z.object({ current_password: PresentedPassword, new_password: NewPassword }),
  form: { checkboxes: [] },
  setsCookie: true,
  responses: { 200: Done },
  problems: [
    'wrong_password',
    'same_password',
    'weak_password',
    'breached_password',
    'rate_limited',
    'overloaded',
  ],
})
