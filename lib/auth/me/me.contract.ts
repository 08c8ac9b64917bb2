import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { Amr, Instant, SessionKind, User } from '#lib/session/session.contract.ts'

export const meContract = contract({
  operationId: 'getMe',
  method: 'GET',
  path: '/api/auth/me',
  summary: 'Who am I',
  description: 'The signed-in user and the session of this request.',
  tag: 'auth',
  principal: 'session',
  responses: {
    200: User.extend({
      created_at: Instant,
      session: z.strictObject({
        id: z.uuid(),
        kind: SessionKind,
        created_at: Instant,
        expires_at: Instant.describe('When the session ends in any case.'),
        amr: Amr,
      }),
    }),
  },
  problems: [],
})
