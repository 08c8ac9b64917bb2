import { pageContract } from '#lib/docs/page.contract.ts'

export const referencePageContract = pageContract({
  operationId: 'getReferencePage',
  path: '/redoc',
  summary: 'The operations, to read about them',
  description: 'Redoc over the document at /openapi.json.',
})
