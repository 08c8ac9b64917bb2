import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { respond } from './answer.ts'
import type { Endpoint } from './endpoint.ts'
import { arePeersNoted, peerOfNextRequest } from './next-peer.ts'
import { hasOwnServer } from './own-server.ts'
import { createRouter, pathnameOf } from './router.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
/** The methods that Next gives to a route handler; it answers every other one itself. */
export const routeMethods: ReadonlySet<string> = new Set(methods)

type RouteHandlers = Record<(typeof methods)[number], (request: Request) => Promise<Response>>

/**
 * Binds the endpoints of one path to Next route handlers; without any, everything is not found. Every method is bound,
 * so that refusals, CORS and problems are ours and the same as on our own server.
 */
export function serve(...endpoints: readonly Endpoint[]): RouteHandlers {
  const router = createRouter(endpoints)
  const handle = async (request: Request) => {
    // The table of our own server answers what it has. A path that Next reads otherwise gets past it, and past the
    // note of where the request comes from.
    if (hasOwnServer() && !arePeersNoted()) return new Response(null, { status: 404 })
    const match = router.match(pathnameOf(request.url))
    return respond(await processRuntime(), match, request, peerOfNextRequest(request.headers))
  }
  return Object.fromEntries(methods.map((method) => [method, handle])) as RouteHandlers
}
