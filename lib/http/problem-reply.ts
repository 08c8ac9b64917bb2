import { type Problem, problems, type RateLimitState } from '#lib/problems.ts'
import type { ProblemBody } from './contract.ts'
import type { Reply } from './reply.ts'

export interface ProblemContext {
  appUrl: string
  requestId: string
  /** True if the request presented an access token or a session cookie. */
  presentedToken: boolean
  /** Of a refused sign-in: 401, or 400 for a front end that takes every 401 as a dead session. */
  loginFailureStatus: number
}

/** Turns a refusal into what may leave the building: the private reason and the cause stay here. */
export function problemReply(problem: Problem, context: ProblemContext): Reply {
  const { title, detail } = problems[problem.code]
  const isSignIn = problem.code === 'invalid_credentials'
  const status = isSignIn ? context.loginFailureStatus : problem.status
  const { options } = problem
  const body: ProblemBody = {
    type: `${context.appUrl}/docs/errors/${problem.code}`,
    title,
    status,
    detail: options.detail ?? detail,
    code: problem.code,
    request_id: context.requestId,
    ...(options.endedReason !== undefined && { ended_reason: options.endedReason }),
    ...(options.errors && { errors: [...options.errors] }),
  }
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(problem.status === 401 && { 'www-authenticate': challenge(problem, context) }),
      ...(options.retryAfterSeconds !== undefined && { 'retry-after': String(options.retryAfterSeconds) }),
      ...(options.rateLimit && rateLimitHeaders(options.rateLimit)),
    },
    cookies: [],
    body: JSON.stringify(body),
  }
}

/** RFC 6750 section 3: `error` only when a token was presented, so clients tell expiry from a refused sign-in. */
function challenge(problem: Problem, context: ProblemContext): string {
  const realm = `Bearer realm="${new URL(context.appUrl).host}"`
  const isAboutToken = context.presentedToken && problem.code !== 'invalid_credentials'
  return isAboutToken ? `${realm}, error="invalid_token", error_description="${problem.code}"` : realm
}

/** RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10, structured fields). */
export function rateLimitHeaders(state: RateLimitState): Record<string, string> {
  const policies = state.policies.map(
    ({ name, quota, windowSeconds }) => `"${name}";q=${quota};w=${windowSeconds}`,
  )
  return {
    ratelimit: `"${state.name}";r=${state.remaining};t=${state.resetSeconds}`,
    'ratelimit-policy': policies.join(', '),
  }
}
