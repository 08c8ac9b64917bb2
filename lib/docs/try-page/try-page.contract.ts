import { pageContract } from '#lib/docs/page.contract.ts'

export const tryPageContract = pageContract({
  operationId: 'getTryPage',
  path: '/docs',
  summary: 'The operations, to try them',
  description: 'Swagger UI over the document at /openapi.json.',
})
