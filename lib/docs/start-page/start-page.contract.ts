import { pageContract } from '#lib/docs/page.contract.ts'

export const startPageContract = pageContract({
  operationId: 'getStartPage',
  path: '/docs/start',
  summary: 'First steps for React developers',
  description: 'The address of this server, and code that works as it is pasted.',
})
