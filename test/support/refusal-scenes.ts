import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha1Hex } from '#lib/crypto/digest.ts'
import type { Contract } from '#lib/http/contract.ts'
import type { ProblemCode } from '#lib/problems.ts'
import { newAccount, signIn } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
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
  verificationRequired,
  withoutPassword,
} from './scene-requests.ts'
import type { Stage, Theatre } from './stage.ts'

/** Makes one operation give the refusal. */
export type Provoke = (contract: Contract) => Promise<TestAnswer>

const weak = 'password123'
const breached = 'a slow green ferry'
/** More than any limit allows. */
const triesMax = 65
const foreignOrigin = 'https://evil.example'

/** The same request whatever the operation. */
const sending =
  (options: SceneOptions) =>
  async (theatre: Theatre): Promise<Provoke> => {
    const stage = await theatre.open()
    return (contract) => sendTo(stage.client(), contract, options)
  }

/** How each refusal comes about that needs no hand inside the server, for any operation that documents it. */
export const refusals = {
  malformed_json: sending({ body: '{"email":' }),
  invalid_request: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) =>
      sendTo(
        await clientFor(stage, contract),
        contract,
        contract.body ? { json: { refresh_token: 1 } } : { query: '?limit=0' },
      )
  },
  unsupported_media_type: sending({ body: 'a=b', headers: { 'content-type': 'text/plain' } }),
  body_too_large: sending({ body: 'x'.repeat(20_000) }),
  not_found: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) => {
      const json = contract.body ? { json: withoutPassword(contract) } : {}
      return sendTo(await clientFor(stage, contract), contract, json)
    }
  },
  invalid_cursor: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) =>
      sendTo(await clientFor(stage, contract), contract, { query: '?cursor=invented' })
  },
  method_not_allowed: async (theatre) => {
    const stage = await theatre.open()
    return ({ path }) => stage.client().send(path, { method: 'PUT' })
  },
  misdirected_host: sending({ headers: { host: 'evil.example' } }),
  origin_refused: async (theatre) => {
    const stage = await theatre.open()
    const cookie = `session_${new URL(stage.appUrl).port}=x`
    return (contract) => sendTo(stage.client(), contract, { headers: { cookie, origin: foreignOrigin } })
  },
  unavailable: async (theatre) => {
    const stage = await theatre.openStarting()
    return (contract) => sendTo(stage.client(), contract)
  },
  rate_limited: async (theatre) => {
    const stage = await theatre.open()
    await stage.setupKey()
    return async (contract) => {
      const client = await clientFor(stage, contract)
      const same = repeatedTry(contract, client)
      for (let tries = 0; tries < triesMax; tries += 1) {
        const answer = await sendTo(client, contract, same)
        if (answer.status === 429) return answer
      }
      throw new Error(`${contract.operationId} has no limit`)
    }
  },
  unauthenticated: sending({}),
  invalid_token: sending({ headers: { authorization: 'Bearer nonsense' } }),
  session_ended: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) => {
      const client = stage.client()
      await signIn(client)
      await client.logout()
      return sendTo(client, contract)
    }
  },
  invalid_credentials: sending({}),
  invalid_refresh_token: sending({ json: { refresh_token: 'nonsense' } }),
  account_disabled: async (theatre) => {
    const stage = await theatre.open()
    const { account } = await stage.client().register()
    await stage.disable(account.email)
    return (contract) => sendTo(stage.client(), contract, { json: account })
  },
  email_not_verified: async (theatre) => {
    const stage = await theatre.open(verificationRequired)
    const { account } = await stage.client().register()
    return (contract) => sendTo(stage.client(), contract, { json: account })
  },
  registration_closed: async (theatre) => {
    const stage = await theatre.open({ REGISTRATION: 'closed' })
    return (contract) => sendTo(stage.client(), contract)
  },
  email_taken: (theatre) => taken(theatre, 'email'),
  username_taken: (theatre) => taken(theatre, 'username'),
  weak_password: async (theatre) => refusedPassword(await theatre.open(capturedMail), weak),
  breached_password: async (theatre) => {
    const service = createServer((_, response) => response.end(`${sha1Hex(breached).slice(5)}:7`))
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    theatre.atEnd(() => void service.close())
    const { port } = service.address() as AddressInfo
    const variables = { ...capturedMail, BREACH_CHECK: 'on', BREACH_CHECK_URL: `http://127.0.0.1:${port}/` }
    return refusedPassword(await theatre.open(variables), breached)
  },
  wrong_password: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) => sendTo(await clientFor(stage, contract), contract)
  },
  same_password: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) => {
      const client = stage.client()
      const { password } = await signIn(client)
      return sendTo(client, contract, { json: { current_password: password, new_password: password } })
    }
  },
  link_invalid: async (theatre) => {
    const stage = await theatre.open()
    await stage.setupKey()
    return (contract) => sendTo(stage.client(), contract)
  },
  link_used: async (theatre) => {
    const stage = await theatre.openEmpty(capturedMail)
    return async (contract) => {
      const { path } = contract
      const once = await usableBody(stage, contract)
      // What a link makes an account of cannot be disowned any more: there it is the proof that uses it.
      const use = path === '/api/auth/verify-email/disown' ? '/api/auth/verify-email' : path
      await stage.client().send(use, once)
      return sendTo(stage.client(), contract, once)
    }
  },
  last_administrator: async (theatre) => {
    const stage = await theatre.open(capturedMail)
    const { account } = await stage.client().register()
    const { email, password } = account
    await stage.promote(email)
    return async (contract) => {
      const client = stage.client()
      await client.login(account)
      if (!usesLink(contract.operationId)) return sendTo(client, contract, { json: { password } })
      const { token } = await stage.newestMail(email, 'verify_email')
      return sendTo(client, contract, { json: { token } })
    }
  },
  idempotency_in_progress: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) => {
      // What is quick may be over before the twin arrives.
      for (let round = 0; round < 20; round += 1) {
        const client = await clientFor(stage, contract)
        const twin = { json: bodyFor(contract, client), headers: { 'idempotency-key': randomUUID() } }
        const answers = await Promise.all([1, 2, 3].map(() => sendTo(client, contract, twin)))
        const refused = answers.find(({ status }) => status === 409)
        if (refused) return refused
      }
      throw new Error('no twin was refused')
    }
  },
  idempotency_key_reused: async (theatre) => {
    const stage = await theatre.open()
    return async (contract) => {
      const client = stage.client()
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
} satisfies Partial<Record<ProblemCode, (theatre: Theatre) => Promise<Provoke>>>

export type PlayableCode = keyof typeof refusals

async function taken(theatre: Theatre, field: 'email' | 'username'): Promise<Provoke> {
  const stage = await theatre.open()
  const { account } = await stage.client().register()
  const same = { [field]: account[field] }
  return async (contract) => {
    const { operationId } = contract
    if (usesLink(operationId)) return takenSince(theatre, field, contract)
    if (operationId === 'changeUsername')
      return sendTo(await clientFor(stage, contract), contract, { json: same })
    const forSetup = await usableBody(stage, contract, same)
    return sendTo(stage.client(), contract, { json: { ...newAccount(), ...same }, ...forSetup })
  }
}

function refusedPassword(stage: Stage, password: string): Provoke {
  return async (contract) => {
    const client = stage.client()
    const account = contract.principal === 'session' ? await signIn(client) : newAccount()
    const changed = { current_password: account.password, new_password: password }
    const json = contract.principal === 'session' ? changed : { ...account, password }
    const field = usesLink(contract.operationId) ? 'new_password' : 'password'
    return sendTo(client, contract, { json, ...(await usableBody(stage, contract, { [field]: password })) })
  }
}
