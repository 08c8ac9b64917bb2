import { endpoint } from '#lib/http/endpoint.ts'
import { liveContract } from './live.contract.ts'

export const liveEndpoint = endpoint(liveContract, () => ({ body: { status: 'ok' as const } }))
