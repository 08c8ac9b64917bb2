import { endpoint } from '#lib/http/endpoint.ts'
import { meContract } from './me.contract.ts'
import { describeCallerOnce } from './me.ts'

export const meEndpoint = endpoint(meContract, async ({ principal }) => describeCallerOnce(principal))
