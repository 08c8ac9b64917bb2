import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

const acceptableRequestId = /^[\w.-]{8,64}$/

/** The request's own id when it is harmless, else a new one. */
export function requestIdOf(
  runtime: Pick<Runtime, 'random' | 'clock'>,
  offered: string | null | undefined,
): string {
  return offered && acceptableRequestId.test(offered)
    ? offered
    : newUuidV7(runtime.random, runtime.clock.now())
}

export interface RecordedRequest {
  requestId: string
  method: string
  /** The path of the table, or a word for the rest. */
  route: string
  status: number
  seconds: number
  /** The client's address block. */
  client: string
  /** Of an operation that is on its way out: the log then says who still uses it. */
  isDeprecated?: boolean
}

/** The one log line of a request, and its place in the histogram. */
export function recordRequest(runtime: Pick<Runtime, 'log' | 'metrics'>, request: RecordedRequest): void {
  const { requestId, method, route, status, seconds, client } = request
  runtime.metrics.observeRequest({
    method: knownMethods.has(method) ? method : 'other',
    route,
    status,
    seconds,
  })
  const durationMs = Math.round(seconds * 1e6) / 1e3
  const fields = { request_id: requestId, method, route, status, duration_ms: durationMs, client }
  runtime.log.info(request.isDeprecated ? { ...fields, deprecated: true } : fields, 'request')
}

/** A label for every invented method would let anybody fill the memory of the metrics. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])
