import type { Config } from '#lib/config/config.ts'
import { isAllowedOrigin } from './origin.ts'

const exposedHeaders = 'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate'
const preflightHeaders = 'Authorization, Content-Type, X-Request-Id, X-Passive'
const preflightMaxAgeSeconds = 600

/** CORS headers of any answer, refusals included: without them a front end sees a network error instead of a reason. */
export function corsHeaders(
  config: Config,
  origin: string | null,
  audience?: 'public',
): Record<string, string> {
  if (origin !== null && isAllowedOrigin(config, origin)) {
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': exposedHeaders,
    }
  }
  return audience === 'public' ? { vary: 'Origin', 'access-control-allow-origin': '*' } : { vary: 'Origin' }
}

/** What a preflight of an allowed origin gets besides {@link corsHeaders}. */
export function preflightHeadersFor(methods: readonly string[]): Record<string, string> {
  return {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': preflightHeaders,
    'access-control-max-age': String(preflightMaxAgeSeconds),
  }
}
