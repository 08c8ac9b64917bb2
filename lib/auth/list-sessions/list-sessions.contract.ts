import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { Amr, Instant, SessionKind } from '#lib/session/session.contract.ts'

export const listSessionsContract = contract({
  operationId: 'listSessions',
  method: 'GET',
  path: '/api/auth/sessions',
  summary: 'My sessions',
  description:
    'The live sessions of the user, the last used first: at most 100, the current one always among them. Never a token.',
  tag: 'sessions',
  principal: 'session',
  responses: {
    200: z.strictObject({
      sessions: z.array(
        z.strictObject({
          id: z.uuid(),
          current: z.boolean().describe('True for the session of this request.'),
          kind: SessionKind,
          device: z.string().nullable(),
          ip: z.string().nullable(),
          created_at: Instant,
          last_used_at: Instant,
          expires_at: Instant,
          amr: Amr,
        }),
      ),
    }),
  },
  problems: [],
})
