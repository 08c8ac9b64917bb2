import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const changePasswordPageContract = contract({
  operationId: 'findChangePasswordPage',
  method: 'GET',
  path: '/.well-known/change-password',
  summary: 'Where passwords are changed',
  description:
    'Password managers lead people from here to the page (https://www.w3.org/TR/change-password-url/). Not found where there are no pages.',
  tag: 'operations',
  principal: 'none',
  responses: { 302: z.literal('') },
  problems: ['not_found'],
  mediaType: 'text/plain',
})
