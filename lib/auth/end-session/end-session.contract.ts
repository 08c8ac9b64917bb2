import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { EndedSessions } from '#lib/session/session.contract.ts'

export const endSessionContract = contract({
  operationId: 'endSession',
  method: 'DELETE',
  path: '/api/auth/sessions/{id}',
  summary: 'End one of my sessions',
  description: 'Ends a session of the user, this one included. Anything else is not found.',
  tag: 'sessions',
  principal: 'session',
  parameter: z.uuid().describe('The id of the session, as the list shows it.'),
  form: { checkboxes: [] },
  responses: { 200: EndedSessions },
  problems: ['not_found'],
})
