import type { Config } from '#lib/config/config.ts'

const yearSeconds = 31_536_000

/** On every answer of the endpoint table: nothing here is a document, and nothing may be kept or guessed at. */
export function securityHeaders(config: Pick<Config, 'appUrl'>): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...(config.appUrl.startsWith('https:') && {
      'strict-transport-security': `max-age=${yearSeconds}; includeSubDomains`,
    }),
  }
}
