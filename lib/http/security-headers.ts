import type { Config } from '#lib/config/config.ts'

const yearSeconds = 31_536_000

/** On every answer of the endpoint table: nothing here is a document, and nothing may be kept or guessed at. */
export function securityHeaders({ appUrl }: Pick<Config, 'appUrl'>): Readonly<Record<string, string>> {
  return appUrl.startsWith('https:') ? overHttps : overHttp
}

const overHttp = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const overHttps = {
  ...overHttp,
  'strict-transport-security': `max-age=${yearSeconds}; includeSubDomains`,
}
