import type { Config } from '#lib/config/config.ts'
import { isLoopbackUrl } from '#lib/config/loopback.ts'
import type { RequestHeaders } from './request.ts'

/** True for an origin that may read answers of this server: its own, a listed one, in trial any loopback one. */
export function isAllowedOrigin(config: Config, origin: string): boolean {
  if (origin === config.appUrl || config.allowedOrigins.includes(origin)) return true
  // `null` is what sandboxed frames and redirects send: nobody's origin, so it is never allowed.
  return (
    config.mode !== 'strict' &&
    origin !== 'null' &&
    isLoopbackUrl(origin) &&
    new URL(origin).origin === origin
  )
}

/**
 * The origin rule for an unsafe request that carries our cookie or asks for one: `Origin` must be allowed; when it is
 * absent, `Sec-Fetch-Site` must say same-origin. A request with neither is refused.
 */
export function passesOriginRule(config: Config, headers: RequestHeaders): boolean {
  const origin = headers.get('origin')
  if (origin !== null) return isAllowedOrigin(config, origin)
  return headers.get('sec-fetch-site') === 'same-origin'
}
