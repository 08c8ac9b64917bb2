/** METRICS_TOKEN of servers that tests start as processes: behind a proxy nobody reads metrics without it. */
export const metricsToken = 'the-metrics-token-of-the-tests'

/** Of a request for their metrics. */
export const metricsHeaders = { authorization: `Bearer ${metricsToken}` }
