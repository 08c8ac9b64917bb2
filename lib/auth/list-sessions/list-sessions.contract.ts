import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { NextCursor, pageQuery } from '#lib/http/paging.ts'
import { Amr, Instant, SessionKind } from '#lib/session/session.contract.ts'

export const listSessionsContract = contract({
  operationId: 'listSessions',
  method: 'GET',
  path: '/api/auth/sessions',
  summary: 'My sessions',
  description:
    'The live sessions of the user, the last used first; the current one is always on the first page. Never a token. A session that is used while the pages are read moves to the front, and no later page shows it.',
  tag: 'sessions',
  principal: 'session',
  query: pageQuery(100),
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
      next_cursor: NextCursor,
    }),
  },
  problems: ['invalid_cursor'],
})
