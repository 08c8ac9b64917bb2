import { isDatabaseUnavailable } from '#db/errors.ts'
import { isProblem, Problem } from '#lib/problems.ts'
import type { Exchange } from './exchange.ts'

/** What is thrown is a refusal, a database that does not answer, or a fault of ours. */
export function toProblem(error: unknown): Problem {
  if (isProblem(error)) return error
  if (isDatabaseUnavailable(error)) return new Problem('unavailable', { retryAfterSeconds: 1, cause: error })
  return new Problem('internal_error', { cause: error })
}

/** Our faults with their cause; refusals, and who comes before we are ready, only for those who look closely. */
export function logRefusal(
  { runtime, requestId }: Pick<Exchange, 'runtime' | 'requestId'>,
  problem: Problem,
): void {
  const fields = { request_id: requestId, code: problem.code, because: problem.options.because }
  const isTooEarly = runtime.phase === 'starting' && problem.code === 'unavailable'
  if (problem.status >= 500 && !isTooEarly)
    runtime.log.error({ ...fields, error: problem.cause }, 'request failed')
  else runtime.log.debug(fields, 'request refused')
}
