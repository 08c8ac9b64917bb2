import type { IncomingMessage, ServerResponse } from 'node:http'
import { clientAddressOf } from '#lib/http/client-address.ts'
import { hearingFailures } from '#lib/http/drawing.ts'
import type { Peer } from '#lib/http/exchange.ts'
import { preparePage } from '#lib/http/page-request.ts'
import { problemPage } from '#lib/http/problem-page.ts'
import { recordRequest, requestIdOf } from '#lib/http/record-request.ts'
import { logRefusal, toProblem } from '#lib/http/refusal.ts'
import type { Reply } from '#lib/http/reply.ts'
import { securityHeaders } from '#lib/http/security-headers.ts'
import { addressBlock } from '#lib/limits/address-block.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { takePlace } from './draw-places.ts'
import { headersOf } from './node-request.ts'
import { standIn } from './stand-in.ts'

/** Draws a page: Next's request handler. */
export type DrawPage = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

export interface PageParts {
  runtime: Runtime
  draw: DrawPage
  via: Peer['via']
  isDevelopment: boolean
}

/**
 * What Next takes from headers as its own word to itself; nobody outside may say it. Our pages are loaded whole, so
 * nobody asks for parts of them either: hot reload alone does.
 */
const inwardHeaders = {
  production: /^(x-(middleware|invoke|matched-path|now-route|next)|next-|rsc$)/,
  development: /^x-(middleware|invoke|matched-path|now-route|nextjs-data)/,
}

/** Next answers 500 when one of these cannot be met. Files are small: whoever asks gets them whole. */
const filePreconditions = /^(range|if-range|if-match|if-unmodified-since)$/

/** Draws a page, or fetches a file of one, with the headers that it has from us whoever draws it. */
export async function drawPage(
  parts: PageParts,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
): Promise<void> {
  const { runtime, draw, via, isDevelopment } = parts
  const isFile = path.startsWith('/_next/') || path.startsWith('/__nextjs') || /\.\w+$/.test(path)
  const requestId = requestIdOf(runtime, headersOf(incoming).get('x-request-id'))
  dropHeaders(incoming, isDevelopment ? inwardHeaders.development : inwardHeaders.production)
  if (isFile) dropHeaders(incoming, filePreconditions)
  const headers = isFile ? fileHeaders : documentHeaders(runtime, incoming, isDevelopment)
  for (const [name, value] of Object.entries({ ...headers, 'x-request-id': requestId }))
    outgoing.setHeader(name, value)
  outgoing.setHeader('server-timing', `via;desc=${via}`)
  if (runtime.phase === 'stopping') outgoing.setHeader('connection', 'close')
  recordWhenDone(runtime, incoming, outgoing, { requestId, route: isFile ? 'file' : 'page' })
  const failures = noteFailures(runtime, requestId)
  // In development Next shows the failure itself, with its source.
  if (!isDevelopment) standIn(outgoing, (status) => replyInstead(runtime, failures, status, isFile))
  const hasPlace = isDevelopment || takePlace(outgoing, isFile ? 'file' : 'page')
  await hearingFailures(failures.note, hasPlace ? () => draw(incoming, outgoing) : refuseBusy).catch(
    (error) => {
      failures.note(error)
      if (outgoing.headersSent) return outgoing.destroy()
      outgoing.statusCode = 500
      outgoing.end()
    },
  )
}

async function refuseBusy(): Promise<never> {
  throw new Problem('overloaded', { because: 'too many pages at once', retryAfterSeconds: 1 })
}

function dropHeaders(incoming: IncomingMessage, names: RegExp): void {
  for (const name of Object.keys(incoming.headers)) if (names.test(name)) delete incoming.headers[name]
}

/** Next sets the rest: its files have names that change with their content. */
const fileHeaders = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }

/** The policy goes on the request too: Next takes the nonce for its scripts from there. */
function documentHeaders(
  runtime: Runtime,
  incoming: IncomingMessage,
  isDevelopment: boolean,
): Record<string, string> {
  const { policy, responseHeaders } = preparePage(runtime, headersOf(incoming).get('cookie'), isDevelopment)
  incoming.headers['content-security-policy'] = policy
  return responseHeaders
}

interface Failures {
  requestId: string
  /** Of the first one. */
  problem(): Problem | null
  note(error: unknown): Problem
}

function noteFailures(runtime: Runtime, requestId: string): Failures {
  let first: Problem | null = null
  return {
    requestId,
    problem: () => first,
    note(error) {
      const problem = toProblem(error)
      logRefusal({ runtime, requestId }, problem)
      first ??= problem
      return first
    },
  }
}

/**
 * What goes out in place of Next's answer: its page for a failure is empty without scripts and knows no 503, and the one
 * for a file that is not there is a page of ours without its policy.
 */
function replyInstead(runtime: Runtime, failures: Failures, status: number, isFile: boolean): Reply | null {
  const isMissing = isFile && status === 404
  if (status < 500 && !isMissing) return null
  const because = `Next answered ${status}`
  const problem = isMissing
    ? new Problem('not_found')
    : (failures.problem() ?? failures.note(new Error(because)))
  const reply = problemPage(runtime.config, problem, failures.requestId, {
    isNavigation: true,
    hasPages: true,
  })
  return { ...reply, headers: { ...securityHeaders(runtime.config), ...reply.headers } }
}

function recordWhenDone(
  runtime: Runtime,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { requestId, route }: { requestId: string; route: string },
): void {
  const startedMs = runtime.clock.monotonicMs()
  const forwardedFor = headersOf(incoming).get('x-forwarded-for')
  const address = clientAddressOf(
    incoming.socket.remoteAddress ?? '',
    forwardedFor,
    runtime.config.trustedProxies,
  )
  outgoing.once('close', () => {
    const seconds = (runtime.clock.monotonicMs() - startedMs) / 1000
    const { statusCode: status } = outgoing
    recordRequest(runtime, {
      requestId,
      method: incoming.method ?? '',
      route,
      status,
      seconds,
      client: addressBlock(address),
    })
  })
}
