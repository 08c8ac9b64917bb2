import autocannon from 'autocannon'
import { type Answer, ask, type Call } from './ask.ts'

/** What one server is asked again and again. */
export interface Load extends Call {
  /** What a client asks after this answer, for one that goes on from what it was given: its headers and body. */
  next?(answer: string): Pick<Load, 'headers' | 'body'>
  /** What every single request has of its own. */
  each?(): Pick<Load, 'headers' | 'body'>
  /**
   * Looks at one answer after each measurement.
   *
   * @throws Error when it is not the work that was to be measured
   */
  check?(answer: Answer): void | Promise<void>
}

export interface Sample {
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
}

/** Connections, unless a job wants others. */
export const usualConnections = 64

/**
 * Asks for `seconds` over connections that stay open.
 *
 * @param loads  more than one: the connections share them out, so that as many as there are connections give each a
 *               session of its own
 * @throws Error when any answer is not 200: a refusal is faster than the work
 */
export async function measure(
  loads: Load | readonly Load[],
  seconds: number,
  connections = usualConnections,
): Promise<Sample> {
  const shared = [loads].flat()
  const [first] = shared
  if (!first) throw new Error('nothing to ask')
  const { url, method = 'GET', headers, body } = first
  const isPlain = shared.length === 1 && !first.next && !first.each
  const result = await autocannon({
    url,
    method,
    headers,
    ...(body !== undefined && { body }),
    connections,
    duration: seconds,
    ...(!isPlain && { setupClient: sharing(shared) }),
  })
  const { non2xx, errors, timeouts, requests, latency } = result
  if (non2xx + errors + timeouts > 0) {
    throw new Error(`${url}: ${non2xx} answers were not 200, ${errors} errors, ${timeouts} timeouts`)
  }
  await checkAnswer(first)
  return { requestsPerSecond: requests.average, p50Ms: latency.p50, p99Ms: latency.p99 }
}

/**
 * Asks once, and looks at the answer.
 *
 * @throws Error unless it is 200 and as it should be
 */
export async function checkAnswer(load: Load): Promise<void> {
  await load.check?.(await ask(load))
}

function sharing(loads: readonly Load[]): (client: autocannon.Client) => void {
  let count = 0
  return (client) => {
    const load = loads[count++ % loads.length]
    if (load) client.setRequests([requestOf(load)])
  }
}

/** A load goes on where it stopped, also in the next measurement. */
function requestOf(load: Load): autocannon.Request {
  const { url, method = 'GET', next, each } = load
  const { pathname, search } = new URL(url)
  const request = (): autocannon.Request => ({
    method,
    path: pathname + search,
    headers: load.headers,
    ...(load.body !== undefined && { body: load.body }),
  })
  return {
    ...request(),
    ...((next || each) && {
      setupRequest: (previous) => ({ ...previous, ...Object.assign(request(), each?.()) }),
    }),
    ...(next && {
      onResponse: (status, answer) => {
        if (status === 200) Object.assign(load, next(answer))
      },
    }),
  }
}
