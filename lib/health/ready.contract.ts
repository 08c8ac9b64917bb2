import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const readyContract = contract({
  operationId: 'getReadiness',
  method: 'GET',
  path: '/api/health/ready',
  summary: 'Can the process serve',
  description:
    'Answers 503 while the database does not answer, and from the moment the process is asked to stop.',
  tag: 'operations',
  principal: 'none',
  responses: { 200: z.strictObject({ status: z.literal('ok') }) },
  problems: ['unavailable'],
  anyHost: true,
})
