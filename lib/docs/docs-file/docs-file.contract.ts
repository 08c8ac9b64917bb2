import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'

export const docsFileContract = contract({
  operationId: 'getDocsFile',
  method: 'GET',
  path: '/docs/assets/{file}',
  summary: 'A file of a page for developers',
  description: 'Its name has a hash of its content in it, so it may be kept for ever.',
  tag: 'operations',
  principal: 'none',
  responses: { 200: z.string() },
  problems: ['not_found'],
  mediaType: '*/*',
})
