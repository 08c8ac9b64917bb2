import { isProblem } from '#lib/problems.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { respond } from './answer.ts'
import { peerOfNextRequest } from './next-peer.ts'
import { preparePage } from './page-request.ts'
import { requestIdOf } from './record-request.ts'
import { requireWelcome } from './welcome.ts'

export type PlainPage =
  | { kind: 'refused'; response: Response }
  | { kind: 'draw'; requestHeaders: Headers; responseHeaders: Record<string, string> }

/** What our own server does to a page request, for plain Next: refuse strangers and methods, and set the headers. */
export async function answerPlainPage(request: Request, isDevelopment: boolean): Promise<PlainPage> {
  const runtime = await processRuntime()
  const peer = peerOfNextRequest(request.headers)
  if (!isDrawable(runtime, request)) {
    const match = { route: { path: 'page', endpoints: [], isPage: true as const }, parameter: '' }
    return { kind: 'refused', response: await respond(runtime, match, request, peer) }
  }
  const { policy, responseHeaders } = preparePage(runtime, request.headers.get('cookie'), isDevelopment)
  const requestHeaders = new Headers(request.headers)
  requestHeaders.set('content-security-policy', policy)
  const requestId = requestIdOf(runtime, request.headers.get('x-request-id'))
  return {
    kind: 'draw',
    requestHeaders,
    responseHeaders: { ...responseHeaders, 'x-request-id': requestId, 'server-timing': 'via;desc=next' },
  }
}

function isDrawable(runtime: Runtime, { method, headers }: Request): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || runtime.phase === 'starting') return false
  try {
    requireWelcome(runtime.config, headers, peerOfNextRequest(headers))
    return true
  } catch (error) {
    if (isProblem(error)) return false
    throw error
  }
}
