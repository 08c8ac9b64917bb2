import type { IncomingMessage, RequestListener } from 'node:http'
import { isTablePath, type Router } from '#lib/http/router.ts'
import { requireWelcome } from '#lib/http/welcome.ts'
import { isProblem } from '#lib/problems.ts'
import { drawPage, type PageParts } from './draw-page.ts'
import { headersOf } from './node-request.ts'
import { peerOf } from './peer-of.ts'
import { pathOf } from './request-target.ts'

export interface PagesParts extends PageParts {
  router: Router
  /** Answers the endpoint table, and refuses what is no page either. */
  table: RequestListener
}

/** GET and HEAD of pages and their files go to Next; everything else to the endpoint table. */
export function pagesListener(parts: PagesParts): RequestListener {
  return (incoming, outgoing) => {
    const path = pathOf(incoming)
    const isPage =
      path.startsWith('/') && takesMethod(parts, incoming, path) && !isTablePath(parts.router, path)
    if (!isPage || !isWelcome(parts, incoming)) return parts.table(incoming, outgoing)
    void drawPage(parts, incoming, outgoing, path)
  }
}

/** The windows of Next's development tools post to it. */
function takesMethod({ isDevelopment }: PagesParts, { method }: IncomingMessage, path: string): boolean {
  return method === 'GET' || method === 'HEAD' || (isDevelopment && path.startsWith('/__nextjs'))
}

/** False for a request that the endpoint table will refuse. */
export function isWelcome(
  { runtime: { config, phase }, via }: Pick<PagesParts, 'runtime' | 'via'>,
  incoming: IncomingMessage,
): boolean {
  if (phase === 'starting') return false
  try {
    requireWelcome(config, headersOf(incoming), peerOf(incoming, via, true))
    return true
  } catch (error) {
    if (isProblem(error)) return false
    throw error
  }
}
