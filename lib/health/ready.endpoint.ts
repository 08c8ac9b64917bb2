import { pingDatabase } from '#db/queries/installation.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { Problem } from '#lib/problems.ts'
import { readyContract } from './ready.contract.ts'

export const readyEndpoint = endpoint(readyContract, async ({ runtime }) => {
  if (runtime.phase === 'stopping')
    throw new Problem('unavailable', { because: 'stopping', retryAfterSeconds: 5 })
  await pingDatabase(runtime.database)
  return { body: { status: 'ok' as const } }
})
