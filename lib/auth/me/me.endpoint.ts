import { endpoint } from '#lib/http/endpoint.ts'
import { meContract } from './me.contract.ts'
import { describeCaller } from './me.ts'

export const meEndpoint = endpoint(meContract, async ({ principal }) => ({ body: describeCaller(principal) }))
