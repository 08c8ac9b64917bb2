import { type Contract, problemsOf } from '#lib/http/contract.ts'
import type { Header, Reference } from './openapi-document.ts'

const text = { type: 'string' } as const

/** Every header of an answer that a client may go by. */
export const documentedHeaders = {
  'X-Request-Id': {
    description:
      'Names this request in the log. Taken over from the request if it is 8 to 64 letters, digits, `_`, `.` or `-`.',
    schema: text,
  },
  'Cache-Control': { description: '`no-store`, unless anybody may read the answer.', schema: text },
  'WWW-Authenticate': {
    description: 'RFC 6750 section 3: `error` only if a token was presented.',
    schema: text,
  },
  'Retry-After': { description: 'Whole seconds to wait.', schema: { type: 'integer', minimum: 0 } },
  RateLimit: {
    description: 'What is left of the tightest limit (draft-ietf-httpapi-ratelimit-headers).',
    schema: text,
  },
  'RateLimit-Policy': { description: 'The limits: `q` requests in `w` seconds.', schema: text },
  'Set-Cookie': {
    description: 'HttpOnly, SameSite=Lax, Path=/; Secure and `__Host-` over https.',
    schema: text,
  },
  Link: {
    description: 'RFC 8288: `rel="next"` leads to the next page, `rel="deprecation"` to advice.',
    schema: text,
  },
  'Idempotency-Replayed': {
    description: 'On an answer that an earlier request with this `Idempotency-Key` got.',
    schema: { const: 'true' },
  },
  Deprecation: { description: 'Since when this operation is given up (RFC 9745).', schema: text },
  Sunset: { description: 'From when on it may be gone (RFC 8594).', schema: text },
  ETag: { description: 'For `If-None-Match`.', schema: text },
} as const satisfies Record<string, Header>

export type DocumentedHeader = keyof typeof documentedHeaders

export function headersOfSuccess(contract: Contract): Record<string, Reference> {
  return references([
    ...onEveryAnswer(contract),
    ...(contract.idempotencyKey ? (['Idempotency-Replayed'] as const) : []),
    ...(contract.query && 'cursor' in contract.query.shape ? (['Link'] as const) : []),
    ...(contract.setsCookie ? (['Set-Cookie'] as const) : []),
    ...(contract.audience === 'public' ? (['ETag'] as const) : []),
  ])
}

export function headersOfProblem(contract: Contract, status: number): Record<string, Reference> {
  return references([
    ...onEveryAnswer(contract),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...(status === 409 || status === 429 || status === 503 ? (['Retry-After'] as const) : []),
  ])
}

function onEveryAnswer(contract: Contract): DocumentedHeader[] {
  const { deprecated } = contract
  const isLimited = problemsOf(contract).includes('rate_limited')
  return [
    'X-Request-Id',
    'Cache-Control',
    // Also on a refused try, which is what the limits count.
    ...(isLimited ? (['RateLimit', 'RateLimit-Policy'] as const) : []),
    ...(deprecated ? (['Deprecation'] as const) : []),
    ...(deprecated?.sunset ? (['Sunset'] as const) : []),
    ...(deprecated?.link ? (['Link'] as const) : []),
  ]
}

function references(names: readonly DocumentedHeader[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
