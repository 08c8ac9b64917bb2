import type { Config } from '#lib/config/config.ts'
import { readCookie } from '#lib/encoding/cookie.ts'
import type { PresentedCredential } from '#lib/session/authenticate.ts'
import { sessionCookieName } from '#lib/session/session-cookie.ts'
import type { RequestHeaders } from './request.ts'

const bearer = /^Bearer +([^\s,]+)$/i

/**
 * The credential of a request. An Authorization header hides the cookie, whatever it holds; two of them (which arrive
 * joined by a comma) are a token that verifies nowhere.
 */
export function presentedCredential(
  config: Config,
  headers: Pick<RequestHeaders, 'get'>,
): PresentedCredential {
  const authorization = headers.get('authorization')
  if (authorization !== null) {
    if (!/^Bearer\b/i.test(authorization)) return { kind: 'none' }
    return { kind: 'bearer', token: bearer.exec(authorization)?.[1] ?? '' }
  }
  const cookie = sessionCookieName(config.appUrl)
  const value = cookie && readCookie(headers.get('cookie'), cookie.name)
  return value ? { kind: 'cookie', value } : { kind: 'none' }
}
