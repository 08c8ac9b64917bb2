import type { Contract } from '#lib/http/contract.ts'
import { type ApiClient, type Credentials, newAccount, type SendOptions, signIn } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'

/** A server on which scenes are played: one in this process, or one behind a socket. */
export interface Stage {
  /** Its public address. */
  appUrl: string
  /** Somebody who has no account there yet. */
  newcomer: Credentials
  /** Where the newcomer is, and another place. */
  here: string
  elsewhere: string
  /** From an address of its own, unless one is given; null: on the same machine, and nothing in between. */
  client(options?: { address?: string | null }): ApiClient
  /** What the start prints while there is no administrator. */
  setupKey(): Promise<string>
  disable(email: string): Promise<void>
  /** Lets a minute pass where the time is ours; what follows comes later in any case. */
  later(): Promise<void>
}

/** Where stages come from. They may be one and the same server, so scenes bring accounts of their own. */
export interface Theatre {
  /** @param variables  settings of the server, as the environment has them */
  open(variables?: Record<string, string>): Promise<Stage>
  /** Without any account. */
  openEmpty(): Promise<Stage>
  /** Not ready yet. */
  openStarting(): Promise<Stage>
  /** Called once no stage is needed any more. */
  atEnd(close: () => void): void
}

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
    setUpFirstAdministrator: { token: 'x'.repeat(43), email, username, password },
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

/** The body that sets the first administrator up, with the key of the server; nothing for other operations. */
export async function setupBody(
  stage: Stage,
  { operationId }: Contract,
  changes: object = {},
): Promise<{ json?: object }> {
  if (operationId !== 'setUpFirstAdministrator') return {}
  return { json: { token: await stage.setupKey(), ...newAccount(), ...changes } }
}
