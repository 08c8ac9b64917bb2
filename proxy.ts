import { type NextRequest, NextResponse } from 'next/server'
import { hasOwnServer } from '#lib/http/own-server.ts'
import { answerPlainPage } from '#lib/http/plain-page.ts'

/**
 * For hosts that run Next without a server in whose process our listener could see each request first (server/before-next.ts).
 * Headers and refusals that every page has; it decides nothing about who is signed in.
 */
export async function proxy(request: NextRequest) {
  if (hasOwnServer()) return NextResponse.next()
  const page = await answerPlainPage(request, process.env.NODE_ENV === 'development')
  if (page.kind === 'refused') return page.response
  const response = NextResponse.next({ request: { headers: page.requestHeaders } })
  for (const [name, value] of Object.entries(page.responseHeaders)) response.headers.set(name, value)
  return response
}

export const config = {
  // Pages only: the endpoint table and Next's files have headers of their own.
  matcher: [
    '/((?!api/|api$|\\.well-known/|_next/|docs(?:/start)?$|docs/(?:assets|errors)/|redoc$|metrics$|dev/mail(?:/|$)|.*\\.[a-z0-9]+$).*)',
  ],
}
