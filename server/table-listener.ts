import type { RequestListener } from 'node:http'
import { answer } from '#lib/http/answer.ts'
import type { Peer } from '#lib/http/exchange.ts'
import { pathnameOf, type Router } from '#lib/http/router.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { toRequestListener } from './http-server.ts'
import { peerOf } from './peer-of.ts'

/**
 * Answers from the endpoint table over Node's http.
 *
 * @param hasPages  true on a server that has pages: their forms are taken
 * @param via  'next' in a process that is Next's
 */
export function tableListener(
  runtime: Runtime,
  match: Router['match'],
  hasPages: boolean,
  via: Peer['via'] = 'node',
): RequestListener {
  return toRequestListener(
    (request, incoming) =>
      answer(runtime, match(pathnameOf(request.url)), request, { ...peerOf(incoming, via), hasPages }),
    { ownsProcess: via === 'node' },
  )
}
