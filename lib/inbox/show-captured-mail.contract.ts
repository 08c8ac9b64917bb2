import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const showCapturedMailContract = contract({
  operationId: 'showCapturedMail',
  method: 'GET',
  path: '/dev/mail/{id}',
  summary: 'One captured message (trial and development)',
  description:
    'A page with the message as HTML, text and source; `?as=html`, `?as=text` and `?as=source` give each alone. Needs the printed key as `?key=`.',
  tag: 'operations',
  principal: 'none',
  parameter: z.uuid(),
  responses: { 200: z.string() },
  problems: ['not_found'],
  mediaType: 'text/html; charset=utf-8',
})
