import { z } from 'zod'
import { NewUsername } from '#lib/auth/account.contract.ts'
import { contract } from '#lib/http/contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const changeUsernameContract = contract({
  operationId: 'changeUsername',
  method: 'PATCH',
  path: '/api/auth/me',
  summary: 'Change my user name',
  description: 'The old name is free from then on. Sessions go on.',
  tag: 'auth',
  principal: 'session',
  body: z.strictObject({ username: NewUsername }),
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['username_taken'],
})
