import type { ServerResponse } from 'node:http'
import {
  type Behaviour,
  type Fault,
  type HostilePerson,
  person,
  type RecordedRequest,
} from './hostile-control.ts'
import type { HostileKeys } from './hostile-tokens.ts'
import type { ProviderClient } from './provider-client.ts'

/** What was agreed on when the browser came by: found again by the code, then by the access token. */
export interface HostileGrant {
  clientId: string
  redirectUri: string
  challenge: string | undefined
  nonce: string | undefined
  flow: string
  isUsed: boolean
}

/** Everything the provider knows. */
export interface HostileState {
  origin: string
  keys: HostileKeys
  clients: Map<string, ProviderClient>
  /** By flow; empty: browsers without one. */
  behaviours: Map<string, Behaviour>
  codes: Map<string, HostileGrant>
  accessTokens: Map<string, HostileGrant>
  recorded: RecordedRequest[]
  nowMs(): number
}

/** A request that was read, with what the provider was told to do in its flow. */
export interface HostileRequest {
  /** What is found out while it is answered is added here. */
  recorded: RecordedRequest
  faults: ReadonlySet<Fault>
  response: ServerResponse
}

/** Of a flow that nobody opened: as of browsers without one. */
export function behaviourOf({ behaviours }: HostileState, flow: string): Behaviour {
  return behaviours.get(flow) ?? behaviours.get('') ?? {}
}

export function personOf(state: HostileState, flow: string): HostilePerson {
  return { ...person, ...behaviourOf(state, flow).person }
}

/** @param before  text that stands before the JSON */
export function sendJson({ response }: HostileRequest, status: number, body: unknown, before = ''): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${before}${JSON.stringify(body)}`)
}
