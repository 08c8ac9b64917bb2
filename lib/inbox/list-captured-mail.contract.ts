import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

const CapturedMail = z.strictObject({
  id: z.uuid(),
  template: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  /** The one-time link in it, or null. */
  link: z.string().nullable(),
  /** The six-digit code in it, or null. */
  code: z.string().nullable(),
  state: z.string().describe('sent: handed over, so its link lives.'),
  created_at: z.iso.datetime({ precision: 3 }),
})

export const listCapturedMailContract = contract({
  operationId: 'listCapturedMail',
  method: 'GET',
  path: '/api/dev/mail',
  summary: 'Captured messages (trial and development)',
  description:
    'The newest 50 messages, the newest first. Trial and development only, with the key that was printed at the start, as bearer token or in the query; otherwise not found.',
  tag: 'operations',
  principal: 'none',
  takesCredentials: ['inboxKey'],
  query: z.strictObject({
    to: z.string().max(320).optional().describe('Only messages to this address.'),
    key: z.string().max(200).optional().describe('The printed key, where no header can be sent.'),
  }),
  responses: { 200: z.strictObject({ messages: z.array(CapturedMail) }) },
  problems: ['not_found'],
})
