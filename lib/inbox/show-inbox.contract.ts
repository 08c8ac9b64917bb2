import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const showInboxContract = contract({
  operationId: 'showInbox',
  method: 'GET',
  path: '/dev/mail',
  summary: 'The inbox as a page (trial and development)',
  description:
    'The newest captured messages, with `?to=` those to one address. Needs the printed key as `?key=`.',
  tag: 'operations',
  principal: 'none',
  responses: { 200: z.string() },
  problems: ['not_found'],
  mediaType: 'text/html; charset=utf-8',
})
