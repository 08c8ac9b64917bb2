import type { Runtime } from '#lib/runtime/runtime.ts'
import { answer } from './answer.ts'
import type { Endpoint } from './endpoint.ts'
import { createRouter, pathnameOf } from './router.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type RouteHandler = (request: Request) => Promise<Response>

/**
 * Binds the endpoints of one path to Next route handlers. Every method is bound, so that refusals, CORS and problems
 * are ours and the same as on our own server.
 *
 * @param runtime  gives the runtime of this process
 */
export function serveWith(
  runtime: () => Promise<Runtime>,
  ...endpoints: readonly Endpoint[]
): Record<(typeof methods)[number], RouteHandler> {
  const router = createRouter(endpoints)
  const handle: RouteHandler = async (request) => {
    // Next's server writes the socket's address as the last hop; a serverless host writes the client's.
    const address = request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
    return answer(await runtime(), router.match(pathnameOf(request.url)), request, { address, via: 'next' })
  }
  return Object.fromEntries(methods.map((method) => [method, handle])) as Record<
    (typeof methods)[number],
    RouteHandler
  >
}
