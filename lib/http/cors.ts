import type { Config } from '#lib/config/config.ts'
import { isAllowedOrigin } from './origin.ts'

const exposedHeaders =
  'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, ETag, Link, Idempotency-Replayed, Deprecation, Sunset'
const preflightHeaders =
  'Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id, X-Passive'
const preflightMaxAgeSeconds = 600

/** CORS headers of any answer, refusals included: without them a front end sees a network error instead of a reason. */
export function corsHeaders(
  config: Config,
  origin: string | null,
  audience?: 'public',
): Readonly<Record<string, string>> {
  if (origin !== null && isAllowedOrigin(config, origin)) {
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': exposedHeaders,
    }
  }
  return audience === 'public' ? forAnybody : forOurselves
}

const forOurselves = { vary: 'Origin' }

const forAnybody = {
  vary: 'Origin',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposedHeaders,
}

/** What OPTIONS tells: anybody the methods of the path, a preflight what it may send. {@link corsHeaders} come on top. */
export function preflightHeadersFor(methods: readonly string[]): Record<string, string> {
  return {
    allow: methods.join(', '),
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': preflightHeaders,
    'access-control-max-age': String(preflightMaxAgeSeconds),
  }
}
