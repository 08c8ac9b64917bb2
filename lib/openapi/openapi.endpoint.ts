import { endpoint } from '#lib/http/endpoint.ts'
import { builtDocument } from './built-document.ts'
import { openApiContract } from './openapi.contract.ts'

export const openApiEndpoint = endpoint(openApiContract, async () => {
  const { text, etag } = await builtDocument()
  return { text, headers: { 'cache-control': 'public, max-age=60', etag } }
})
