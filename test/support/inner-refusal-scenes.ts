import { createHashQueue } from '#lib/crypto/hash-queue.ts'
import { createPasswords, type PasswordParts } from '#lib/password/passwords.ts'
import type { ProblemCode } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { serverForThisTest, type TestServer } from './harness.ts'
import { stageOn } from './inner-theatre.ts'
import { capturedMail } from './mailbox.ts'
import type { PlayableCode, Provoke } from './refusal-scenes.ts'
import { clientFor, sendTo, usableBody, withoutPassword } from './scene-requests.ts'
import type { SocialCode } from './social-refusals.ts'

/** The same request whatever the operation, on a server that was prepared from inside. */
async function prepared(prepare: (server: TestServer) => void): Promise<Provoke> {
  const server = await serverForThisTest()
  prepare(server)
  return (contract) => sendTo(server.client(), contract)
}

/** As while more hash than the queue takes. */
function withoutRoom({ clock, log, metrics }: Runtime) {
  const queue = createHashQueue({ slots: 0, waitingMax: 0, waitMsMax: 0, monotonicNow: clock.monotonicMs })
  const bcrypt = {} as PasswordParts['bcrypt']
  return createPasswords({ queue, bcrypt, clock, log, metrics })
}

/**
 * Refusals that no client can bring about by itself: they take another mode, another time, a fault of ours, or so many
 * requests at once that nothing else could be tested beside them.
 */
export const innerRefusals: Record<
  Exclude<ProblemCode, PlayableCode | SocialCode>,
  () => Promise<Provoke>
> = {
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
    const server = await serverForThisTest(capturedMail)
    const { account } = await server.client().register()
    return async (contract) => {
      const client = server.client()
      if (contract.principal === 'session') await client.login(account)
      const usable = await usableBody(stageOn(server), contract)
      const { runtime } = server
      const { passwords } = runtime
      runtime.passwords = withoutRoom(runtime)
      try {
        return await sendTo(client, contract, usable)
      } finally {
        runtime.passwords = passwords
      }
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
  reauthentication_required: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = await clientFor(server, contract)
      await server.time.advance({ seconds: 601 })
      await client.refresh()
      return sendTo(client, contract, { json: withoutPassword(contract) })
    }
  },
  link_expired: async () => {
    const server = await serverForThisTest(capturedMail)
    return async (contract) => {
      const link = await usableBody(stageOn(server), contract)
      await server.time.advance({ seconds: 7 * 86_400 + 1 })
      return sendTo(server.client(), contract, link)
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
