import autocannon from 'autocannon'

/** What one server is asked again and again. */
export interface Load {
  url: string
  headers: Record<string, string>
}

export interface Sample {
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
}

const connections = 64

/**
 * Asks for `seconds` over connections that stay open.
 *
 * @throws Error when any answer is not 200: a refusal is faster than the work
 */
export async function measure({ url, headers }: Load, seconds: number): Promise<Sample> {
  const result = await autocannon({ url, headers, connections, duration: seconds })
  const { non2xx, errors, timeouts, requests, latency } = result
  if (non2xx + errors + timeouts > 0) {
    throw new Error(`${url}: ${non2xx} answers were not 200, ${errors} errors, ${timeouts} timeouts`)
  }
  return { requestsPerSecond: requests.average, p50Ms: latency.p50, p99Ms: latency.p99 }
}
