import { z } from 'zod'
import type { BlockLimit } from '#lib/limits/limits.ts'
import type { ProblemCode } from '#lib/problems.ts'

/**
 * The wire description of one operation, and the only one: the pipeline, the OpenAPI document, the tests and the
 * client all read it. An endpoint cannot accept, need or refuse anything that is not said here.
 */
export interface Contract {
  /** Stable: clients are generated from it. */
  operationId: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Literal, or with one parameter as the last segment: `/api/auth/sessions/{id}`. */
  path: `/${string}`
  /** At most 60 characters. */
  summary: string
  description: string
  tag: 'auth' | 'sessions' | 'browser' | 'keys' | 'operations'
  /** Who may call it: anybody, or the holder of a live session. */
  principal: 'none' | 'session'
  /** A plain object ignores unknown fields (the six operations of the old backend), a strict one refuses them. */
  body?: z.ZodType
  /** The body may be absent. */
  bodyOptional?: boolean
  /** Schema of the path parameter. A value that does not fit is `not_found`: no object has such a name. */
  parameter?: z.ZodType<string>
  /** Schema of the query, strict. Without one, whatever the query holds is ignored. */
  query?: z.ZodObject
  /**
   * A request with an `Idempotency-Key` is done once: its repetition gets the first answer again (lib/idempotency).
   * For what creates or mails. Never for answers that hold a token or set a cookie: those are not kept.
   */
  idempotencyKey?: true
  /** Still served, and on its way out: every answer says so. */
  deprecated?: Deprecation
  responses: Partial<Record<200 | 302 | 303, z.ZodType>>
  /** Credentials that it looks at when they are there, though it asks for none. */
  takesCredentials?: readonly ('bearer' | 'cookie' | 'metricsToken' | 'inboxKey')[]
  /** Its answer may set or clear a cookie. */
  setsCookie?: true
  /** What this operation may refuse beyond what its shape implies, see {@link problemsOf}. */
  problems: readonly ProblemCode[]
  /** Limits by address block: a block that is known to have used one up is refused before its body is looked at. */
  limits?: readonly BlockLimit[]
  /** A success says what is left of a limit. */
  tellsRateLimit?: true
  /** True for a request that asks for a session cookie; the origin rule then holds as if it carried one. */
  startsCookieSession?: (body: unknown) => boolean
  /** Our pages post forms to it without scripts; the page that a success leads to shows what was typed as address. */
  form?: { checkboxes: readonly string[]; carriesEmail?: true }
  /** Health checks come from load balancers, which know no host name. */
  anyHost?: boolean
  /** Answered before the database is ready; everything else is `unavailable` until then. */
  answersWhileStarting?: boolean
  /** `public`: any origin may read it, without credentials, and caches may keep it. */
  audience?: 'public'
  /** Answers with something else than JSON. */
  mediaType?: string
}

/** When an operation was, or will be, given up (RFC 9745, RFC 8594). Instants are ISO 8601. */
export interface Deprecation {
  since: string
  /** From then on it may be gone; never before `since`. */
  sunset?: string
  /** Where people read what to use instead. */
  link?: string
}

/** Keeps the literal types of a contract while it is checked. */
export function contract<const C extends Contract>(definition: C): C {
  return definition
}

/** Every code that an operation may answer with. Tests refuse any other; the OpenAPI document lists these. */
export function problemsOf(definition: Contract): readonly ProblemCode[] {
  // What answers before anything else is there needs nothing that could fail.
  const implied: ProblemCode[] = definition.answersWhileStarting ? [] : ['internal_error', 'unavailable']
  if (!definition.anyHost) implied.push('misdirected_host', 'loopback_only')
  if (definition.body) {
    implied.push('malformed_json', 'invalid_request', 'unsupported_media_type', 'body_too_large')
  } else if (definition.method !== 'GET') {
    implied.push('body_too_large')
  }
  // The origin rule asks whether the request carries our cookie, which any operation may be sent with.
  if (definition.method !== 'GET') implied.push('origin_refused')
  if (definition.principal === 'session') {
    implied.push('unauthenticated', 'invalid_token', 'token_expired', 'session_ended')
  }
  if (definition.query) implied.push('invalid_request')
  if (definition.idempotencyKey) {
    implied.push('invalid_request', 'idempotency_in_progress', 'idempotency_key_reused')
  }
  if (definition.parameter) implied.push('not_found')
  if (definition.limits) implied.push('rate_limited')
  return [...new Set([...implied, ...definition.problems])]
}

/** The body of every refusal (RFC 9457). `detail` is always a sentence that a person can read. */
export const ProblemBody = z
  .strictObject({
    type: z.url().describe('A page that says what the code means and what to do.'),
    title: z.string().min(1),
    status: z.int().min(400).max(599),
    detail: z.string().min(1).describe('A sentence to show to a person.'),
    code: z.string().describe('What to branch on. Never renamed.'),
    request_id: z.string().describe('The X-Request-Id of this answer.'),
    ended_reason: z.string().optional().describe('Why the session ended.'),
    url: z.url().optional().describe('Only for the client of Auth.js: what it reads its error from.'),
    errors: z
      .array(z.strictObject({ field: z.string(), code: z.string(), detail: z.string() }))
      .optional()
      .describe('One entry for each field that needs attention.'),
  })
  .meta({ id: 'Problem' })
export type ProblemBody = z.infer<typeof ProblemBody>
