import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { sha1Hex } from '#lib/crypto/digest.ts'
import type { Contract } from '#lib/http/contract.ts'
import type { ProblemCode } from '#lib/problems.ts'
import { newAccount, signIn } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { serverForThisTest, type TestServer } from './harness.ts'
import { usesLink } from './link-scenes.ts'
import { capturedMail } from './mailbox.ts'
import {
  bodyFor,
  clientFor,
  repeatedTry,
  type SceneOptions,
  sendTo,
  takenSince,
  usableBody,
} from './scene-requests.ts'

/** Makes one operation give the refusal. */
export type Provoke = (contract: Contract) => Promise<TestAnswer>

const weak = 'password123'
const foreignOrigin = 'https://evil.example'

/** The same request whatever the operation, on a server of the scene's own. */
async function everywhere(
  options: SceneOptions,
  prepare: (server: TestServer) => void = () => {},
): Promise<Provoke> {
  const server = await serverForThisTest()
  prepare(server)
  return (contract) => sendTo(server.client(), contract, options)
}

/** How each refusal comes about, for any operation that documents it. */
export const scenes: Record<ProblemCode, () => Promise<Provoke>> = {
  malformed_json: () => everywhere({ body: '{"email":' }),
  invalid_request: async () => {
    const server = await serverForThisTest()
    return async (contract) =>
      sendTo(
        await clientFor(server, contract),
        contract,
        contract.body ? { json: { refresh_token: 1 } } : { query: '?limit=0' },
      )
  },
  unsupported_media_type: () => everywhere({ body: 'a=b', headers: { 'content-type': 'text/plain' } }),
  body_too_large: () => everywhere({ headers: { 'content-length': '20000' } }),
  not_found: async () => {
    const server = await serverForThisTest()
    return async (contract) => sendTo(await clientFor(server, contract), contract)
  },
  invalid_cursor: async () => {
    const server = await serverForThisTest()
    return async (contract) =>
      sendTo(await clientFor(server, contract), contract, { query: '?cursor=invented' })
  },
  method_not_allowed: async () => {
    const server = await serverForThisTest()
    return ({ path }) => server.client().send(path, { method: 'PUT' })
  },
  misdirected_host: () => everywhere({ headers: { host: 'evil.example' } }),
  loopback_only: () =>
    everywhere({}, ({ runtime }) => {
      runtime.config = { ...runtime.config, mode: 'trial' }
    }),
  origin_refused: () => everywhere({ headers: { cookie: 'session_8000=x', origin: foreignOrigin } }),
  unavailable: () =>
    everywhere({}, ({ runtime }) => {
      runtime.phase = 'starting'
    }),
  internal_error: () =>
    everywhere({}, ({ runtime }) => {
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
      const usable = await usableBody(server, contract)
      const { runtime } = server
      const flood = Promise.allSettled(
        Array.from({ length: 80 }, () => runtime.passwords.hash(randomBytes(8).toString('hex'))),
      )
      const answer = await sendTo(client, contract, usable)
      await flood
      return answer
    }
  },
  rate_limited: async () => {
    const server = await serverForThisTest()
    await openSetup(server.runtime)
    return async (contract) => {
      const client = await clientFor(server, contract)
      const same = repeatedTry(contract, client)
      for (let tries = 0; tries < 35; tries += 1) {
        const answer = await sendTo(client, contract, same)
        if (answer.status === 429) return answer
      }
      throw new Error(`${contract.operationId} has no limit`)
    }
  },
  unauthenticated: () => everywhere({}),
  invalid_token: () => everywhere({ headers: { authorization: 'Bearer nonsense' } }),
  token_expired: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = await clientFor(server, contract)
      await server.time.advance({ seconds: 700 })
      return sendTo(client, contract)
    }
  },
  session_ended: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = server.client()
      await signIn(client)
      await client.logout()
      return sendTo(client, contract)
    }
  },
  invalid_credentials: async () => {
    const server = await serverForThisTest()
    return (contract) => sendTo(server.client(), contract)
  },
  invalid_refresh_token: () => everywhere({ json: { refresh_token: 'nonsense' } }),
  account_disabled: async () => {
    const server = await serverForThisTest()
    const { account } = await server.client().register()
    await server.database.sql('UPDATE users SET disabled_at = app_now()')
    return (contract) => sendTo(server.client(), contract, { json: account })
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
  email_not_verified: async () => {
    const server = await serverForThisTest({ ...capturedMail, EMAIL_VERIFICATION: 'required' })
    const { account } = await server.client().register()
    return (contract) => sendTo(server.client(), contract, { json: account })
  },
  reauthentication_required: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = await clientFor(server, contract)
      await server.time.advance({ seconds: 601 })
      await client.refresh()
      return sendTo(client, contract, { json: {} })
    }
  },
  registration_closed: async () => {
    const server = await serverForThisTest({ REGISTRATION: 'closed' })
    return (contract) => sendTo(server.client(), contract)
  },
  email_taken: () => taken('email'),
  username_taken: () => taken('username'),
  weak_password: () => refusedPassword(weak),
  breached_password: async () => {
    const breached = 'a slow green ferry'
    const service = createServer((_, response) => response.end(`${sha1Hex(breached).slice(5)}:7`))
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void service.close())
    const { port } = service.address() as AddressInfo
    return refusedPassword(breached, `http://127.0.0.1:${port}/`)
  },
  wrong_password: async () => {
    const server = await serverForThisTest()
    return async (contract) => sendTo(await clientFor(server, contract), contract)
  },
  same_password: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = server.client()
      const { password } = await signIn(client)
      return sendTo(client, contract, { json: { current_password: password, new_password: password } })
    }
  },
  link_invalid: async () => {
    const server = await serverForThisTest()
    await openSetup(server.runtime)
    return (contract) => sendTo(server.client(), contract)
  },
  link_expired: async () => {
    const server = await serverForThisTest(capturedMail)
    return async (contract) => {
      const link = await usableBody(server, contract)
      await server.time.advance({ seconds: 7 * 86_400 + 1 })
      return sendTo(server.client(), contract, link)
    }
  },
  link_used: async () => {
    const server = await serverForThisTest(capturedMail)
    return async (contract) => {
      const { path } = contract
      const once = await usableBody(server, contract)
      // What a link makes an account of cannot be disowned any more: there it is the proof that uses it.
      const use = path === '/api/auth/verify-email/disown' ? '/api/auth/verify-email' : path
      await server.client().send(use, once)
      return sendTo(server.client(), contract, once)
    }
  },
  idempotency_in_progress: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = await clientFor(server, contract)
      const twin = { json: bodyFor(contract, client), headers: { 'idempotency-key': randomUUID() } }
      const answers = await Promise.all([1, 2, 3].map(() => sendTo(client, contract, twin)))
      return answers.find(({ status }) => status === 409) ?? Promise.reject(new Error('no twin was refused'))
    }
  },
  idempotency_key_reused: async () => {
    const server = await serverForThisTest()
    return async (contract) => {
      const client = server.client()
      const { password } = contract.principal === 'session' ? await signIn(client) : newAccount()
      const headers = { 'idempotency-key': randomUUID() }
      const send = () => {
        const body = bodyFor(contract, client)
        return sendTo(client, contract, { headers, json: 'password' in body ? { ...body, password } : body })
      }
      await send()
      return send()
    }
  },
}

async function taken(field: 'email' | 'username'): Promise<Provoke> {
  const server = await serverForThisTest()
  const { account } = await server.client().register()
  const same = { [field]: account[field] }
  return async (contract) => {
    const { operationId } = contract
    if (usesLink(operationId)) return takenSince(field, contract)
    if (operationId === 'changeUsername')
      return sendTo(await clientFor(server, contract), contract, { json: same })
    const forSetup = await usableBody(server, contract, same)
    return sendTo(server.client(), contract, { json: { ...newAccount(), ...same }, ...forSetup })
  }
}

async function refusedPassword(password: string, breachRangeUrl: string | null = null): Promise<Provoke> {
  const server = await serverForThisTest(capturedMail)
  return async (contract) => {
    const client = server.client()
    const account = contract.principal === 'session' ? await signIn(client) : newAccount()
    const field = usesLink(contract.operationId) ? 'new_password' : 'password'
    const usable = await usableBody(server, contract, { [field]: password })
    const { config } = server.runtime
    server.runtime.config = { ...config, password: { ...config.password, breachRangeUrl } }
    const changed = { current_password: account.password, new_password: password }
    const json = contract.principal === 'session' ? changed : { ...account, password }
    const answer = await sendTo(client, contract, { json, ...usable })
    server.runtime.config = config
    return answer
  }
}
