import { endpoint } from '#lib/http/endpoint.ts'
import { exportDataContract } from './export-data.contract.ts'
import { exportData } from './export-data.ts'

export const exportDataEndpoint = endpoint(exportDataContract, async ({ runtime, principal, client }) => ({
  text: await exportData(runtime, principal, client),
  headers: { 'content-disposition': 'attachment; filename="my-data.json"' },
}))
