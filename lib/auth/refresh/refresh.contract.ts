import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { IssuedSession } from '#lib/session/session.contract.ts'

export const refreshContract = contract({
  operationId: 'refresh',
  method: 'POST',
  path: '/api/auth/refresh',
  summary: 'Get a fresh access token',
  description:
    'Rotates the refresh token in the body: everybody who presents it at the same time gets the same successor. Without one, extends the session of the cookie. A token that no honest client can still hold ends the session.',
  tag: 'auth',
  principal: 'none',
  body: z.object({ refresh_token: z.string().optional() }),
  bodyOptional: true,
  takesCredentials: ['cookie'],
  setsCookie: true,
  responses: { 200: IssuedSession },
  problems: ['invalid_refresh_token', 'session_ended'],
})
