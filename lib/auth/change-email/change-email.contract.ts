import { z } from 'zod'
import { NewEmail } from '#lib/auth/account.contract.ts'
import { LinkToken } from '#lib/auth/link-proof.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { PresentedPassword } from '#lib/password/password.contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const changeEmailContract = contract({
  operationId: 'changeEmail',
  method: 'POST',
  path: '/api/auth/change-email',
  summary: 'Change my email address',
  description:
    'Sends a link to the new address; the account keeps the old one until that link is used. The answer is the same for an address that another account has. Replaces a change that waits. Needs the password, or a session that began within the last ten minutes.',
  tag: 'auth',
  principal: 'session',
  body: z.strictObject({ new_email: NewEmail, password: PresentedPassword.optional() }),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['wrong_password', 'reauthentication_required', 'overloaded'],
  limits: ['mail'],
  idempotencyKey: true,
})

export const cancelEmailChangeContract = contract({
  operationId: 'cancelEmailChange',
  method: 'DELETE',
  path: '/api/auth/change-email',
  summary: 'Cancel a change of my email address',
  description: 'Voids the link that was sent to the new address. Answers 200 when no change waits.',
  tag: 'auth',
  principal: 'session',
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: [],
})

export const confirmEmailChangeContract = contract({
  operationId: 'confirmEmailChange',
  method: 'POST',
  path: '/api/auth/change-email/confirm',
  summary: 'Confirm a change of email address',
  description:
    'With the link that was sent to the new address. If the old address was proven, it gets a message with a link that undoes the change for seven days.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject({ token: LinkToken }),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['link_invalid', 'link_expired', 'link_used', 'email_taken'],
})

export const undoEmailChangeContract = contract({
  operationId: 'undoEmailChange',
  method: 'POST',
  path: '/api/auth/change-email/undo',
  summary: 'Undo a change of email address',
  description:
    'With the link that was sent to the old address. The account gets it back, every session ends, and the password is void: whoever made the change knew it. A link to a new one is sent to the address.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject({ token: LinkToken }),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['link_invalid', 'link_expired', 'link_used', 'email_taken'],
})
