import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { problems } from '#lib/problems.ts'

/** Where the `type` of every problem leads. */
export const errorPageContract = contract({
  operationId: 'getErrorPage',
  method: 'GET',
  path: '/docs/errors/{code}',
  summary: 'What a problem code means',
  description: 'The page of docs/errors/ about one code: when it comes, and what to do.',
  tag: 'operations',
  principal: 'none',
  parameter: z.enum(Object.keys(problems)).describe('The `code` of a problem.'),
  responses: { 200: z.string() },
  problems: ['not_found'],
  mediaType: 'text/html; charset=utf-8',
})
