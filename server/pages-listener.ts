import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { clientAddressOf } from '#lib/http/client-address.ts'
import { preparePage } from '#lib/http/page-request.ts'
import { recordRequest, requestIdOf } from '#lib/http/record-request.ts'
import { isTablePath, type Router } from '#lib/http/router.ts'
import { requireWelcome } from '#lib/http/welcome.ts'
import { addressBlock } from '#lib/limits/address-block.ts'
import { isProblem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { peerOf } from './peer-of.ts'

/** Draws a page: Next's request handler. */
export type DrawPage = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

export interface PagesParts {
  runtime: Runtime
  router: Router
  /** Answers the endpoint table, and refuses what is no page either. */
  table: RequestListener
  draw: DrawPage
  isDevelopment: boolean
}

/** What Next takes from headers as its own word to itself; nobody outside may say it. */
const inwardHeaders = /^x-(middleware|invoke|matched-path|now-route|nextjs)/

/** GET and HEAD of pages and their files go to Next; everything else to the endpoint table. */
export function pagesListener(parts: PagesParts): RequestListener {
  return (incoming, outgoing) => {
    const path = incoming.url?.split('?', 1)[0] ?? '/'
    const isPage =
      (incoming.method === 'GET' || incoming.method === 'HEAD') && !isTablePath(parts.router, path)
    if (!isPage || !isWelcome(parts.runtime, incoming)) return parts.table(incoming, outgoing)
    drawPage(parts, incoming, outgoing, path).catch((error) => {
      parts.runtime.log.error({ event: 'page_failed', error }, 'a page could not be drawn')
      outgoing.destroy()
    })
  }
}

function isWelcome({ config, phase }: Runtime, incoming: IncomingMessage): boolean {
  if (phase === 'starting') return false
  try {
    requireWelcome(
      config,
      { get: (name) => headerOf(incoming, name) },
      { ...peerOf(incoming), hasPages: true },
    )
    return true
  } catch (error) {
    if (isProblem(error)) return false
    throw error
  }
}

function headerOf(incoming: IncomingMessage, name: string): string | null {
  const value = incoming.headers[name]
  return typeof value === 'string' ? value : null
}

async function drawPage(
  { runtime, draw, isDevelopment }: PagesParts,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
): Promise<void> {
  for (const name of Object.keys(incoming.headers))
    if (inwardHeaders.test(name)) delete incoming.headers[name]
  const isFile = path.startsWith('/_next/') || path.startsWith('/__nextjs') || /\.\w+$/.test(path)
  const requestId = requestIdOf(runtime, headerOf(incoming, 'x-request-id'))
  const headers = isFile ? fileHeaders : documentHeaders(runtime, incoming, isDevelopment)
  for (const [name, value] of Object.entries({ ...headers, 'x-request-id': requestId }))
    outgoing.setHeader(name, value)
  outgoing.setHeader('server-timing', 'via;desc=node')
  if (runtime.phase === 'stopping') outgoing.setHeader('connection', 'close')
  recordWhenDone(runtime, incoming, outgoing, { requestId, route: isFile ? 'file' : 'page' })
  await draw(incoming, outgoing)
}

/** Next sets the rest: its files have names that change with their content. */
const fileHeaders = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }

/** The policy goes on the request too: Next takes the nonce for its scripts from there. */
function documentHeaders(
  runtime: Runtime,
  incoming: IncomingMessage,
  isDevelopment: boolean,
): Record<string, string> {
  const { policy, responseHeaders } = preparePage(runtime, headerOf(incoming, 'cookie'), isDevelopment)
  incoming.headers['content-security-policy'] = policy
  return responseHeaders
}

function recordWhenDone(
  runtime: Runtime,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { requestId, route }: { requestId: string; route: string },
): void {
  const startedMs = runtime.clock.monotonicMs()
  const forwardedFor = headerOf(incoming, 'x-forwarded-for')
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
