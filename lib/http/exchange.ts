import type { Runtime } from '#lib/runtime/runtime.ts'
import type { PresentedCredential } from '#lib/session/authenticate.ts'
import type { HttpRequest } from './request.ts'

/** How a request came in. */
export interface Peer {
  /** Address of the socket's other end. */
  address: string
  /** True when some proxy says that it passed the request on. */
  wasForwarded: boolean
  /** Which way of serving answers: our own server, or a Next route handler. */
  via: 'node' | 'next'
  /** True where our pages are served too; their forms are taken only there. */
  hasPages: boolean
}

/** One request and what is known about it before anybody looks at its body. */
export interface Exchange {
  runtime: Runtime
  request: HttpRequest
  requestId: string
  client: Client
  credential: PresentedCredential
  peer: Peer
  /** Value of the path parameter, still to be checked; empty when the path has none. */
  parameter: string
}

export interface Client {
  /** Behind trusted proxies what they say, else the socket's. */
  address: string
  /** The unit in which it is limited. */
  block: string
  userAgent: string | null
  /** Of the request it sends. */
  requestId: string
}
