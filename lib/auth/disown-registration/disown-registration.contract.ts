import { z } from 'zod'
import { LinkToken } from '#lib/auth/link-proof.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const disownRegistrationContract = contract({
  operationId: 'disownRegistration',
  method: 'POST',
  path: '/api/auth/verify-email/disown',
  summary: 'Say that a registration was not mine',
  description:
    'Removes the account, or the registration in waiting, that somebody made with the address of this link. Only while the address was never proven, and not the last administrator.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject({ token: LinkToken }),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['link_invalid', 'link_expired', 'link_used', 'last_administrator'],
})
