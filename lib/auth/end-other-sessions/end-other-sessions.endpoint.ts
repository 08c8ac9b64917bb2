import { endpoint } from '#lib/http/endpoint.ts'
import { endOtherSessionsContract } from './end-other-sessions.contract.ts'
import { endOtherSessions } from './end-other-sessions.ts'

export const endOtherSessionsEndpoint = endpoint(
  endOtherSessionsContract,
  async ({ runtime, principal, client }) => ({
    body: { ended: await endOtherSessions(runtime, principal, client) },
  }),
)
