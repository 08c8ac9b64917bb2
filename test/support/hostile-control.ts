import type { ProviderClient } from './provider-client.ts'

/** Where an application asks without the browser; `user` is UserInfo and GitHub's `/user`. */
export type BackEndpoint = 'discovery' | 'jwks' | 'token' | 'user' | 'emails'

/**
 * How an endpoint can fail. `silent` never answers, `cut` closes the connection, `endless` answers a piece every few
 * milliseconds and never ends, `bomb` is small on the way and 64 MiB when it is unpacked, `redirect` sends to `/elsewhere`
 * on another origin, which is recorded.
 */
export type Failure =
  | '500'
  | 'silent'
  | 'cut'
  | 'endless'
  | 'bomb'
  | 'garbage'
  | 'html'
  | 'empty'
  | 'redirect'

/** Faults of the answer that the browser brings back (RFC 6749 section 4.1.2, RFC 9207). */
export type AnswerFault =
  | 'state-wrong'
  | 'state-missing'
  | 'response-issuer-wrong'
  | 'response-issuer-missing'
  | 'code-missing'
  /** The code of a sign-in that somebody else began. */
  | 'code-of-another'
  | 'access-denied'
  | 'server-error'
  /** access_denied, with markup in every text. */
  | 'error-with-markup'

/** Faults of the token endpoint that are none of {@link Failure}. */
export type TokenFault =
  /** As if the code were unknown. */
  | 'token-refused'
  | 'id-token-missing'
  /** A byte order mark before the JSON: some readers of JSON overlook it, others read nothing. */
  | 'token-marked'
  /** The access token has a line break in it, so that no header can carry it. */
  | 'access-token-broken'
  /** The access token stands in the JSON without quotation marks. */
  | 'access-token-bare'
  /** Codes are good for ever. */
  | 'code-reusable'
  /** Any verifier will do, and none. */
  | 'pkce-ignored'

/** Faults of the ID token (OpenID Connect Core 1.0 section 3.1.3.7, RFC 8725). */
export type IdTokenFault =
  | 'issuer-wrong'
  | 'audience-wrong'
  /** For this application among others, and issued to another (`azp`). */
  | 'party-wrong'
  /** For this application among others, and nothing says which it was issued to. */
  | 'party-missing'
  | 'nonce-wrong'
  | 'nonce-missing'
  /** By another key under the published key's id. */
  | 'signature-wrong'
  | 'signature-missing'
  /** By a key that is not published. */
  | 'key-unknown'
  /** By a key that the token itself brings along. */
  | 'key-embedded'
  | 'alg-none'
  /** HS256, with the published key (PEM) as the secret. */
  | 'alg-hs256'
  | 'expired'
  | 'issued-in-future'
  | 'not-yet-valid'
  | 'subject-missing'
  | 'subject-empty'

/** Faults of what is said of the person, in the ID token, UserInfo and GitHub's answers alike. */
export type PersonFault =
  | 'email-unverified'
  /** Nothing says whether it is. */
  | 'email-verified-missing'
  /** The text "false", which is truthy. */
  | 'email-verified-as-text'
  | 'email-missing'
  /** `changed-` before the address. */
  | 'email-changed'
  /** The subject as before, address and names of somebody else. */
  | 'subject-reused'
  /** UserInfo is that of another subject than the ID token's. */
  | 'user-of-another'

export type Fault =
  | `${BackEndpoint}-${Failure}`
  | 'discovery-foreign-issuer'
  /** People would be sent to a script. */
  | 'discovery-script-address'
  /** People would be sent to another machine by http. */
  | 'discovery-plain-address'
  /** There are keys, of another provider. */
  | 'jwks-foreign'
  | AnswerFault
  | TokenFault
  | IdTokenFault
  | PersonFault

/** Who signs in; the provider asks nobody, it lets this one pass. */
export interface HostilePerson {
  /** Digits: GitHub's ids are numbers. */
  subject: string
  email: string
  emailVerified: boolean
  name: string
  /** GitHub's user name. */
  login: string
  /** What GitHub shows to everybody. */
  publicEmail: string | null
}

/** What the provider does; what is left out is right, and the person {@link person}. */
export interface Behaviour {
  faults?: readonly Fault[]
  person?: Partial<HostilePerson>
}

export const person: HostilePerson = {
  subject: '1001',
  email: 'person@example.com',
  emailVerified: true,
  name: 'A Person',
  login: 'a-person',
  publicEmail: null,
}

/** One request as it came. */
export interface RecordedRequest {
  endpoint: BackEndpoint | 'authorize' | 'elsewhere'
  personality: 'openid' | 'github'
  method: string
  path: string
  /** Of the query and of the form. */
  parameters: Record<string, string>
  headers: Record<string, string>
  /** The flow it belongs to: {@link BrowserFlow}; empty for a browser without one, and for discovery and keys. */
  flow: string
  /** How the application proved itself at the token endpoint. */
  client?: { method: 'client_secret_basic' | 'client_secret_post' | 'none'; id: string; isRight: boolean }
  /** Whether the verifier at the token endpoint is that of the challenge. */
  pkce?: 'right' | 'wrong' | 'absent'
}

/** A browser in which the provider behaves in a way of its own: it has to carry this cookie. */
export interface BrowserFlow {
  id: string
  /** As Playwright's `context.addCookies` takes it. */
  cookie: { name: string; value: string; url: string }
}

/** Orders for the hostile provider, from any process. */
export interface HostileControl {
  /** Also the address of the GitHub-like personality, whose interface is below it and below `/api/v3`. */
  issuer: string
  /** How it behaves from now on, towards every browser without a flow of its own. */
  behave(behaviour: Behaviour): Promise<void>
  /** How it behaves towards one browser. Discovery and keys are asked for without it: their faults are for all. */
  openFlow(behaviour: Behaviour): Promise<BrowserFlow>
  changeFlow(id: string, behaviour: Behaviour): Promise<void>
  setClient(client: ProviderClient): Promise<void>
  /** What it was asked so far, the oldest first. @param flow  only of this one */
  requests(flow?: string): Promise<RecordedRequest[]>
  /** Behaves, knows no flows, has recorded nothing. */
  reset(): Promise<void>
}

export const flowCookie = 'flow'

/** The access token of the faults that make one nobody can use. */
export const plantedAccessToken = 'quietplantedtoken'

let flows = 0

/** For a process that did not start the provider. */
export function hostileControl(issuer: string): HostileControl {
  const setBehaviour = (flow: string, behaviour: Behaviour) => order(issuer, 'behaviour', { flow, behaviour })
  return {
    issuer,
    behave: (behaviour) => setBehaviour('', behaviour),
    async openFlow(behaviour) {
      flows += 1
      const id = `${process.pid}-${flows}`
      await setBehaviour(id, behaviour)
      return { id, cookie: { name: flowCookie, value: id, url: issuer } }
    },
    changeFlow: setBehaviour,
    setClient: (client) => order(issuer, 'client', client),
    async requests(flow) {
      const answer = await fetch(`${issuer}/control/requests`)
      const all = (await answer.json()) as RecordedRequest[]
      return flow === undefined ? all : all.filter((one) => one.flow === flow)
    },
    reset: () => order(issuer, 'reset', {}),
  }
}

/** @throws Error if the provider does not take it */
async function order(issuer: string, what: string, body: object): Promise<void> {
  const answer = await fetch(`${issuer}/control/${what}`, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`)
}
