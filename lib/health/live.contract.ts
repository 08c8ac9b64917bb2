import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const liveContract = contract({
  operationId: 'getLiveness',
  method: 'GET',
  path: '/api/health/live',
  summary: 'Is the process alive',
  description: 'Answers 200 while the process runs, whatever its database does.',
  tag: 'operations',
  principal: 'none',
  responses: { 200: z.strictObject({ status: z.literal('ok') }) },
  problems: [],
  anyHost: true,
  answersWhileStarting: true,
})
