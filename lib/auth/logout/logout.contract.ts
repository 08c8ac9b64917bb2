import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { Done } from '#lib/session/session.contract.ts'

export const logoutContract = contract({
  operationId: 'logout',
  method: 'POST',
  path: '/api/auth/logout',
  summary: 'Sign out',
  description:
    'Ends the session of the access token, else of the cookie, and of the refresh token in the body: each that verifies, also an expired one. Answers 200 when none does, so that signing out always works.',
  tag: 'auth',
  principal: 'none',
  body: z.object({ refresh_token: z.string().optional() }),
  bodyOptional: true,
  form: { checkboxes: [] },
  takesCredentials: ['bearer', 'cookie'],
  setsCookie: true,
  responses: { 200: Done },
  problems: [],
})
