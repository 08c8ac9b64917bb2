import { z } from 'zod'
import { hasLinkProof, linkProofFields, linkProofRule } from '#lib/auth/link-proof.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { NewPassword } from '#lib/password/password.contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const resetPasswordContract = contract({
  operationId: 'resetPassword',
  method: 'POST',
  path: '/api/auth/reset-password',
  summary: 'Set a new password with a link',
  description:
    'With the token of a link, or the address and the code of the same message. Ends every session of the account and signs nobody in. Works once; a password that is refused does not use it.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject({ ...linkProofFields, new_password: NewPassword }).refine(hasLinkProof, linkProofRule),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['link_invalid', 'link_expired', 'link_used', 'weak_password', 'breached_password', 'overloaded'],
  limits: ['code'],
})
