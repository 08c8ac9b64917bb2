import { endpoint } from '#lib/http/endpoint.ts'
import { meContract } from './me.contract.ts'
import { writeCaller } from './me.ts'

export const meEndpoint = endpoint(meContract, ({ principal }) => ({
  text: writeCaller(principal),
}))
