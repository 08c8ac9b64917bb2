import { z } from 'zod'
import { hasLinkProof, linkProofFields, linkProofRule } from '#lib/auth/link-proof.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const verifyEmailContract = contract({
  operationId: 'verifyEmail',
  method: 'POST',
  path: '/api/auth/verify-email',
  summary: 'Prove an email address',
  description:
    'With the token of a link, or the address and the code of the same message. With EMAIL_VERIFICATION=required this is what makes the account. Works once; looking at the page of the link does not use it.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject(linkProofFields).refine(hasLinkProof, linkProofRule),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['link_invalid', 'link_expired', 'link_used', 'email_taken', 'username_taken'],
  limits: ['code'],
})
