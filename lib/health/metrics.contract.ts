import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const metricsContract = contract({
  operationId: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  description:
    'For this machine where no proxy is in front, or with METRICS_TOKEN as bearer token; otherwise not found.',
  tag: 'operations',
  principal: 'none',
  takesCredentials: ['metricsToken'],
  responses: { 200: z.string() },
  problems: ['not_found'],
  mediaType: 'text/plain; version=0.0.4; charset=utf-8',
})
