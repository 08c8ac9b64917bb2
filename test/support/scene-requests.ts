import type { Contract } from '#lib/http/contract.ts'
import { type ApiClient, newAccount, type SendOptions, signIn } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { bodyWithLink, type OpenLink, openLinkFor, usesLink } from './link-scenes.ts'
import { capturedMail } from './mailbox.ts'
import type { Stage, Theatre } from './stage.ts'

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
    exchangeSocialCode: { code: noLink, code_verifier: noLink },
    linkSocialCode: { code: noLink, code_verifier: noLink, password },
    connectProvider: { provider: 'oidc', password },
    unlinkIdentity: { password },
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
export async function clientFor(
  { client }: Pick<Stage, 'client'>,
  { principal }: Contract,
): Promise<ApiClient> {
  const own = client()
  if (principal === 'session') await signIn(own)
  return own
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
  stage: Stage,
  { operationId }: Contract,
  changes: object = {},
): Promise<{ json?: object }> {
  if (usesLink(operationId)) {
    const link = await openLinkFor(stage, operationId)
    return { json: { ...bodyWithLink(operationId, link), ...changes } }
  }
  if (operationId !== 'setUpFirstAdministrator') return {}
  return { json: { token: await stage.setupKey(), ...newAccount(), ...changes } }
}

/** Between the message and the use of its link somebody else got the address or the name. */
export async function takenSince(
  theatre: Theatre,
  field: 'email' | 'username',
  contract: Contract,
): Promise<TestAnswer> {
  const { operationId } = contract
  const isRegistration = operationId === 'verifyEmail'
  const stage = await theatre.open(isRegistration ? verificationRequired : capturedMail)
  const link = await openLinkFor(stage, operationId)
  await giveAway(stage, field, link)
  return sendTo(stage.client(), contract, { json: bodyWithLink(operationId, link) })
}

/** Settings of a server on which nobody signs in before the address is proven. */
export const verificationRequired = { ...capturedMail, EMAIL_VERIFICATION: 'required' }

async function giveAway(stage: Stage, field: 'email' | 'username', { account, to }: OpenLink) {
  const { email, username } = newAccount()
  await stage.occupy({
    email: field === 'email' ? to : email,
    username: field === 'username' ? account.username : username,
  })
}

/** A body of the right shape and without a password: of a stale sign-in, or of something that is not there. */
export function withoutPassword({ operationId }: Contract): object {
  if (operationId === 'linkSocialCode') return { code: 'x', code_verifier: 'x'.repeat(43) }
  if (operationId === 'changeEmail') return { new_email: newAccount().email }
  return operationId === 'connectProvider' ? { provider: 'oidc' } : {}
}

/** Scenes of these operations need a provider beside the server. */
export const operationsWithProvider: ReadonlySet<string> = new Set([
  'exchangeSocialCode',
  'linkSocialCode',
  'connectProvider',
  'unlinkIdentity',
])
