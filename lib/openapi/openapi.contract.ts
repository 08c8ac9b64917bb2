import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const openApiContract = contract({
  operationId: 'getOpenApi',
  method: 'GET',
  path: '/openapi.json',
  summary: 'This document',
  description:
    'The OpenAPI 3.1 description of every operation. The answer has an `ETag`; with `If-None-Match` it may be 304.',
  tag: 'operations',
  principal: 'none',
  responses: {
    200: z.looseObject({ openapi: z.literal('3.1.0'), info: z.looseObject({}), paths: z.looseObject({}) }),
  },
  problems: [],
  audience: 'public',
})
