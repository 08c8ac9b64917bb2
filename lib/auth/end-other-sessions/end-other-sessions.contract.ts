import { contract } from '#lib/http/contract.ts'
import { EndedSessions } from '#lib/session/session.contract.ts'

export const endOtherSessionsContract = contract({
  operationId: 'endOtherSessions',
  method: 'DELETE',
  path: '/api/auth/sessions',
  summary: 'End all my other sessions',
  description: 'Ends every session of the user but this one, also one whose sign-in is in flight.',
  tag: 'sessions',
  principal: 'session',
  form: { checkboxes: [] },
  responses: { 200: EndedSessions },
  problems: [],
})
