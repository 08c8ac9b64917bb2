import type { z } from 'zod'
import type { Keep } from '#lib/idempotency/run-once.ts'
import { Problem, type RateLimitState } from '#lib/problems.ts'
import { inTurn, type MaybePromise } from '#lib/runtime/in-turn.ts'
import { authenticate, type Principal } from '#lib/session/authenticate.ts'
import type { Contract } from './contract.ts'
import { requireSoundDeprecation } from './deprecation.ts'
import { onCondition } from './etag.ts'
import type { Exchange } from './exchange.ts'
import { answerForm, isPageForm } from './form-endpoint.ts'
import { replyOnce } from './idempotent-reply.ts'
import { passesOriginRule } from './origin.ts'
import { rateLimitHeaders } from './problem-reply.ts'
import { readJsonBody, requireBodySize } from './read-body.ts'
import { type BodyChunks, jsonReply, type Reply, textReply } from './reply.ts'
import type { HttpRequest } from './request.ts'
import { requireQuery, requireShape } from './shape.ts'

/** One operation, served by every way of serving. */
export interface Endpoint {
  contract: Contract
  handle(exchange: Exchange): MaybePromise<Reply>
}

type BodyOf<C extends Contract> = C extends { body: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined
type QueryOf<C extends Contract> = C extends { query: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined
type PrincipalOf<C extends Contract> = C['principal'] extends 'session' ? Principal : null
type ResponseOf<C extends Contract> = C['responses'] extends { 200: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never

/** What an answer is kept in, see {@link Keep}. */
type Transaction = Parameters<Keep>[0]

/** What a handler receives: everything checked that the contract asks for. */
export interface Call<C extends Contract> extends Exchange {
  body: BodyOf<C>
  query: QueryOf<C>
  principal: PrincipalOf<C>
  /**
   * With an Idempotency-Key: keeps the answer. Called in the transaction that does what is answered, with the body
   * that is then returned. Null without one.
   */
  keep: ((transaction: Transaction, body: ResponseOf<C>) => Promise<void>) | null
}

export interface EndpointOptions<C extends Contract> {
  /**
   * Refusals that cost no statement, after the shape of the request and before anything is written for it: a claimed
   * idempotency key is a row. Runs with and without a key.
   */
  before?: (call: Call<C>) => Promise<void>
}

/** What a handler returns; the status is 200. */
export type Answer<C extends Contract> = Content<C> & AnswerParts

/** The body, or `text` for JSON that was written before, or that is written while it is read. */
type Content<C extends Contract> =
  | { body: ResponseOf<C>; text?: never }
  | { text: string | BodyChunks; body?: never }

interface AnswerParts {
  headers?: Record<string, string>
  cookies?: readonly string[]
  rateLimit?: RateLimitState
  /** What a form of our pages gets instead of being led on. */
  asForm?: Reply
}

/**
 * Binds a handler to its contract. The order of the refusals is the order of these lines; host and method come before
 * them (answer.ts), and the state of things is the handler's.
 */
export function endpoint<const C extends Contract>(
  contract: C,
  handler: (call: Call<C>) => MaybePromise<Answer<C>>,
  { before }: EndpointOptions<C> = {},
): Endpoint {
  if (contract.deprecated) requireSoundDeprecation(contract.deprecated)
  const work = { handler, before }
  return {
    contract,
    handle(exchange) {
      const run = (sent: unknown) => operate(contract, work, exchange, sent)
      if (isPageForm(contract, exchange)) return answerForm(contract, exchange, async (sent) => run(sent))
      return inTurn(readSent(contract, exchange.request), run)
    },
  }
}

interface Work<C extends Contract> {
  handler: (call: Call<C>) => MaybePromise<Answer<C>>
  before: ((call: Call<C>) => Promise<void>) | undefined
}

function operate<C extends Contract>(
  contract: C,
  work: Work<C>,
  exchange: Exchange,
  sent: unknown,
): MaybePromise<Reply> {
  requireOrigin(contract, exchange, sent)
  for (const limit of contract.limits ?? []) exchange.runtime.limits.requireOpen(limit, exchange.client.block)
  return inTurn(contract.principal === 'session' ? authenticateCaller(exchange) : null, (principal) => {
    const call = toCall(contract, exchange, sent, principal)
    const goOn = () => carryOut(contract, work.handler, call)
    return work.before ? work.before(call).then(goOn) : goOn()
  })
}

function toCall<C extends Contract>(
  contract: C,
  exchange: Exchange,
  sent: unknown,
  principal: Principal | null,
): Call<C> {
  const parameter = requireParameter(contract, exchange.parameter)
  const query = contract.query ? requireQuery(contract.query, exchange.request.url) : undefined
  const body = contract.body ? requireShape(contract.body, sent, contract.bodyOptional ?? false) : undefined
  // Added to the exchange, which nobody reads after this: a copy would cost every request.
  return Object.assign(exchange, { parameter, query, body, principal, keep: null }) as Call<C>
}

function carryOut<C extends Contract>(
  contract: C,
  handler: Work<C>['handler'],
  call: Call<C>,
): MaybePromise<Reply> {
  const run = () => inTurn(handler(call), (answer) => toReply(contract, answer))
  if (contract.idempotencyKey) {
    return replyOnce(contract, call, async (keep) => {
      call.keep = keep && ((transaction, answered) => keep(transaction, JSON.stringify(answered)))
      return run()
    })
  }
  if (contract.audience !== 'public') return run()
  return inTurn(run(), (reply) => onCondition(reply, call.request.headers.get('if-none-match')))
}

function readSent(contract: Contract, request: HttpRequest): MaybePromise<unknown> {
  if (contract.method === 'GET') return undefined
  requireBodySize(request.headers)
  return contract.body ? readJsonBody(request) : undefined
}

function requireOrigin(contract: Contract, { runtime, request, credential }: Exchange, sent: unknown): void {
  if (contract.method === 'GET') return
  const usesCookie = credential.kind === 'cookie' || contract.startsCookieSession?.(sent) === true
  if (!usesCookie || passesOriginRule(runtime.config, request.headers)) return
  throw new Problem('origin_refused', { because: `origin ${request.headers.get('origin')}` })
}

function authenticateCaller({ runtime, credential, request }: Exchange): MaybePromise<Principal> {
  return inTurn(authenticate(runtime, credential), (principal) => {
    // The pages' own polling must not keep an abandoned session alive.
    if (!request.headers.has('x-passive')) runtime.touches.note(principal.session.id)
    return principal
  })
}

function requireParameter(contract: Contract, value: string): string {
  const parsed = contract.parameter?.safeParse(value)
  if (parsed && !parsed.success) throw new Problem('not_found', { because: 'an id of the wrong form' })
  return value
}

function toReply<C extends Contract>(contract: C, answer: Answer<C>): Reply {
  const headers = answer.rateLimit
    ? { ...rateLimitHeaders(answer.rateLimit), ...answer.headers }
    : answer.headers
  const reply = contract.mediaType
    ? textReply(contract.mediaType, String(answer.body), headers)
    : jsonReply(200, answer.text ?? JSON.stringify(answer.body), headers)
  if (!answer.cookies) return reply
  const withCookies = { ...reply, cookies: answer.cookies }
  return answer.asForm ? { ...withCookies, asForm: answer.asForm } : withCookies
}
