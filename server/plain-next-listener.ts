import { endpoints } from '#lib/endpoints.ts'
import { notePeer } from '#lib/http/next-peer.ts'
import { createRouter, matchWithPages } from '#lib/http/router.ts'
import { routeMethods } from '#lib/http/serve.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { BeforeNext } from './before-next.ts'
import { pagesListener } from './pages-listener.ts'
import { hostOf, pathOf } from './request-target.ts'
import { tableListener } from './table-listener.ts'
import { takeUpgrade } from './upgrades.ts'

/**
 * Does to each request of plain Next what our own server does to its own. The operations are left to their route files,
 * with the methods that Next can make a Request of: TRACE, for one, makes it throw before any code of ours.
 */
export function plainNextListener(runtime: Runtime, isDevelopment: boolean): BeforeNext {
  const router = createRouter(endpoints)
  const refuse = tableListener(runtime, (pathname) => matchWithPages(router, pathname), true, 'next')
  return {
    request(incoming, outgoing, passOn) {
      notePeer(incoming)
      const isOperation = router.match(pathOf(incoming)) !== null && routeMethods.has(incoming.method ?? '')
      // Next sees the first of two hosts only.
      const table = isOperation && hostOf(incoming) !== null ? passOn : refuse
      const draw = async () => passOn()
      pagesListener({ runtime, router, table, draw, via: 'next', isDevelopment })(incoming, outgoing)
    },
    upgrade: (incoming, socket, passOn) => takeUpgrade({ runtime, via: 'next' }, incoming, socket, passOn),
  }
}
