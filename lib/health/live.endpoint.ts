import { endpoint } from '#lib/http/endpoint.ts'
import { liveContract } from './live.contract.ts'

export const liveEndpoint = endpoint(liveContract, async () => ({ body: { status: 'ok' as const } }))
