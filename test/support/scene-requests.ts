import { openSetup } from '#lib/auth/setup/setup.ts'
import type { Contract } from '#lib/http/contract.ts'
import { type ApiClient, newAccount, type SendOptions, signIn } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { serverForThisTest, type TestServer } from './harness.ts'
import { bodyWithLink, type OpenLink, openLinkFor, usesLink } from './link-scenes.ts'
import { capturedMail } from './mailbox.ts'

const noLink = 'x'.repeat(43)
const unknownId = '0199c0de-0000-7000-8000-00000000beef'

/** A body that the operation takes, as far as its shape goes. */
export function bodyFor({ operationId }: Contract, client: ApiClient): object {
  const { email, username, password } = newAccount()
  const bodies: Record<string, object> = {
    register: { email, username, password },
    login: { email, password },
    logout: {},
    refresh: { refresh_token: client.refreshToken ?? 'nonsense' },
    changePassword: { current_password: password, new_password: `${password}.` },
    verifyEmail: { token: noLink },
    resendVerification: { email },
    disownRegistration: { token: noLink },
    forgotPassword: { email },
    resetPassword: { token: noLink, new_password: password },
    changeEmail: { new_email: email, password },
    confirmEmailChange: { token: noLink },
    undoEmailChange: { token: noLink },
    changeUsername: { username },
    deleteMyAccount: { password },
    setUpFirstAdministrator: { token: noLink, email, username, password },
  }
  const body = bodies[operationId]
  if (!body) throw new Error(`nobody has said what ${operationId} takes`)
  return body
}

export interface SceneOptions extends SendOptions {
  query?: string
  id?: string
}

/** Sends what the operation takes, but for what the scene changes. */
export function sendTo(
  client: ApiClient,
  contract: Contract,
  { query = '', id = unknownId, ...options }: SceneOptions = {},
): Promise<TestAnswer> {
  const path = contract.path.replace(/\{[a-z_]+\}/, id) + query
  const isGiven = options.json !== undefined || options.body !== undefined
  const json = contract.body && !isGiven ? { json: bodyFor(contract, client) } : {}
  return client.send(path, { method: contract.method, ...json, ...options })
}

/** A client with an account, signed in where the operation asks for it. */
export async function clientFor(server: TestServer, { principal }: Contract): Promise<ApiClient> {
  const client = server.client()
  if (principal === 'session') await signIn(client)
  return client
}

/** The same refused try each time, or a new account; of links the codes are limited. */
export function repeatedTry(contract: Contract, client: ApiClient): { json?: object } {
  if (contract.operationId === 'register' || !contract.body) return {}
  const { token, ...rest } = bodyFor(contract, client) as { token?: string }
  if (token === undefined || !contract.limits?.includes('code')) return { json: { ...rest, token } }
  return { json: { ...rest, email: newAccount().email, code: '000000' } }
}

/**
 * The body that the operation would do its work with, where that needs the key of the server or a link of a message;
 * nothing for other operations.
 */
export async function usableBody(
  server: TestServer,
  { operationId }: Contract,
  changes: object = {},
): Promise<{ json?: object }> {
  if (usesLink(operationId)) {
    const link = await openLinkFor(server, operationId)
    return { json: { ...bodyWithLink(operationId, link), ...changes } }
  }
  if (operationId !== 'setUpFirstAdministrator') return {}
  return { json: { token: (await openSetup(server.runtime))?.reveal(), ...newAccount(), ...changes } }
}

/** Between the message and the use of its link somebody else got the address or the name. */
export async function takenSince(field: 'email' | 'username', contract: Contract): Promise<TestAnswer> {
  const { operationId } = contract
  const isRegistration = operationId === 'verifyEmail'
  const server = await serverForThisTest({
    ...capturedMail,
    EMAIL_VERIFICATION: isRegistration ? 'required' : 'optional',
  })
  const link = await openLinkFor(server, operationId)
  await giveAway(server, field, link)
  return sendTo(server.client(), contract, { json: bodyWithLink(operationId, link) })
}

async function giveAway(server: TestServer, field: 'email' | 'username', { account, to }: OpenLink) {
  const { email, username } = newAccount()
  await server.database.sql('INSERT INTO users (email, username) VALUES ($1, $2)', [
    field === 'email' ? to : email,
    field === 'username' ? account.username : username,
  ])
}
