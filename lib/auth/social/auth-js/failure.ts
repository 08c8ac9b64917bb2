import { Problem, type ProblemCode } from '#lib/problems.ts'
import type { ProviderTrace } from './provider-fetch.ts'

interface Failing {
  error: unknown
  trace: ProviderTrace
  /** `error` of the way back from the provider (RFC 6749 section 4.1.2.1), or null. */
  told: string | null
}

const cancelled = new Set([
  'access_denied',
  // Of Apple.
  'user_cancelled_authorize',
  'login_required',
  'consent_required',
  'interaction_required',
])
const failing = new Set(['server_error', 'temporarily_unavailable'])
const retrySeconds = 5

/** What it means that Auth.js gave up a dance: a refusal that a person understands, with the reason for the log. */
export function toDanceProblem({ error, trace, told }: Failing): Problem {
  const because = reasonOf(error)
  const code = codeOf(error, trace, told)
  const wait = code === 'provider_unavailable' ? { retryAfterSeconds: retrySeconds } : {}
  return new Problem(code, { because, cause: error, ...wait })
}

function codeOf(error: unknown, { isDown }: ProviderTrace, told: string | null): ProblemCode {
  // Auth.js has checked the state before it reads what the provider complains of.
  if (typeOf(error) === 'OAuthCallbackError' && told !== null) {
    if (cancelled.has(told)) return 'social_cancelled'
    return failing.has(told) ? 'provider_unavailable' : 'social_refused'
  }
  if (typeOf(error) === 'InvalidCheck' || /"state"/.test(reasonOf(error))) return 'social_state_lost'
  return isDown ? 'provider_unavailable' : 'social_refused'
}

function typeOf(error: unknown): string {
  return error instanceof Error && 'type' in error ? String(error.type) : ''
}

/** The message at the bottom: those above say where to read about Auth.js. */
function reasonOf(error: unknown): string {
  const messages: string[] = []
  for (let current = error; current instanceof Error; current = causeOf(current)) {
    const [first = ''] = current.message.split('. Read more', 1)
    if (first !== '' && !first.startsWith('Read more')) messages.push(first)
  }
  return [typeOf(error), ...messages].filter((part) => part !== '').join(': ')
}

function causeOf({ cause }: Error): unknown {
  if (cause instanceof Error || typeof cause !== 'object' || cause === null) return cause
  return 'err' in cause ? cause.err : null
}
