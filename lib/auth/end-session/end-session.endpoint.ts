import { endpoint } from '#lib/http/endpoint.ts'
import { endSessionContract } from './end-session.contract.ts'
import { endSession } from './end-session.ts'

export const endSessionEndpoint = endpoint(
  endSessionContract,
  async ({ runtime, principal, parameter, client }) => {
    await endSession(runtime, principal, parameter.toLowerCase(), client)
    return { body: { ended: 1 } }
  },
)
