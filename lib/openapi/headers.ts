import type { Contract } from '#lib/http/contract.ts'
import type { ProblemCode } from '#lib/problems.ts'
import type { Header, Reference } from './openapi-document.ts'

const text = { type: 'string' } as const

/** Every header of an answer that a client may go by. The required ones are on every answer that lists them. */
export const documentedHeaders = {
  'X-Request-Id': {
    description:
      'Names this request in the log. Taken over from the request if it is 8 to 64 letters, digits, `_`, `.` or `-`.',
    required: true,
    schema: text,
  },
  'Cache-Control': {
    description: '`no-store`, unless anybody may read the answer.',
    required: true,
    schema: text,
  },
  'WWW-Authenticate': {
    description: 'RFC 6750 section 3: `error` only if a token was presented.',
    required: true,
    schema: text,
  },
  'Retry-After': {
    description: 'Whole seconds to wait.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  RateLimit: {
    description: 'What is left of the tightest limit (draft-ietf-httpapi-ratelimit-headers).',
    schema: { type: 'string', pattern: '^"[a-z-]+";r=[0-9]+;t=[0-9]+$' },
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
  ETag: {
    description: 'For `If-None-Match`.',
    required: true,
    schema: { type: 'string', pattern: '^(W/)?"[\\x21\\x23-\\x7e]+"$' },
  },
} as const satisfies Record<string, Header>

export type DocumentedHeader = keyof typeof documentedHeaders

export function headersOfSuccess(contract: Contract): Record<string, Reference> {
  return references([
    ...onEveryAnswer(contract),
    ...(contract.tellsRateLimit ? rateLimit : []),
    ...(contract.idempotencyKey ? (['Idempotency-Replayed'] as const) : []),
    ...(contract.query && 'cursor' in contract.query.shape ? (['Link'] as const) : []),
    ...(contract.setsCookie ? (['Set-Cookie'] as const) : []),
    ...(contract.audience === 'public' ? (['ETag'] as const) : []),
  ])
}

/** @param codes  those of this status */
export function headersOfProblem(
  contract: Contract,
  status: number,
  codes: readonly ProblemCode[],
): Record<string, Reference> {
  return references([
    ...onEveryAnswer(contract),
    ...(codes.some((code) => countedCodes.has(code)) ? rateLimit : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...(status === 429 || status === 503 || codes.includes('idempotency_in_progress')
      ? (['Retry-After'] as const)
      : []),
  ])
}

const rateLimit = ['RateLimit', 'RateLimit-Policy'] as const

/** The limits count refused tries, so these tell how many are left. */
const countedCodes = new Set<ProblemCode>(['rate_limited', 'invalid_credentials', 'wrong_password'])

function onEveryAnswer({ deprecated }: Contract): DocumentedHeader[] {
  return [
    'X-Request-Id',
    'Cache-Control',
    ...(deprecated ? (['Deprecation'] as const) : []),
    ...(deprecated?.sunset ? (['Sunset'] as const) : []),
    ...(deprecated?.link ? (['Link'] as const) : []),
  ]
}

function references(names: readonly DocumentedHeader[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
