import { randomBytes } from 'node:crypto'
import type { ProblemCode } from '#lib/problems.ts'
import { serverForThisTest, type TestServer } from './harness.ts'
import { stageOn } from './inner-theatre.ts'
import type { PlayableCode, Provoke } from './refusal-scenes.ts'
import { clientFor, sendTo, setupBody } from './stage.ts'

/** The same request whatever the operation, on a server that was prepared from inside. */
async function prepared(prepare: (server: TestServer) => void): Promise<Provoke> {
  const server = await serverForThisTest()
  prepare(server)
  return (contract) => sendTo(server.client(), contract)
}

/**
 * Refusals that no client can bring about by itself: they take another mode, another time, a fault of ours, or so many
 * requests at once that nothing else could be tested beside them.
 */
export const innerRefusals: Record<Exclude<ProblemCode, PlayableCode>, () => Promise<Provoke>> = {
  loopback_only: () =>
    prepared(({ runtime }) => {
      runtime.config = { ...runtime.config, mode: 'trial' }
    }),
  internal_error: () =>
    prepared(({ runtime }) => {
      const fail = () => {
        throw new TypeError('planted')
      }
      runtime.config = Object.defineProperty({ ...runtime.config }, 'allowedHosts', { get: fail })
      runtime.database = { ...runtime.database, run: fail }
    }),
  overloaded: async () => {
    const server = await serverForThisTest()
    const { account } = await server.client().register()
    return async (contract) => {
      const client = server.client()
      if (contract.principal === 'session') await client.login(account)
      const { runtime } = server
      const flood = Promise.allSettled(
        Array.from({ length: 80 }, () => runtime.passwords.hash(randomBytes(8).toString('hex'))),
      )
      const answer = await sendTo(client, contract, await setupBody(stageOn(server), contract))
      await flood
      return answer
    }
  },
  token_expired: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = await clientFor(server, contract)
      await server.time.advance({ seconds: 700 })
      return sendTo(client, contract)
    }
  },
  cookie_needs_https: async () => {
    const server = await serverForThisTest()
    const { account } = await server.client().register()
    const appUrl = 'http://auth.example.com'
    // No configuration that starts has such an address.
    server.runtime.config = { ...server.runtime.config, appUrl }
    return (contract) =>
      sendTo(server.client(), contract, {
        json: { ...account, transport: 'cookie' },
        headers: { origin: appUrl },
      })
  },
}
