import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { setupContract } from './setup.contract.ts'
import { setUpFirstAdministrator } from './setup.ts'

export const setupEndpoint = endpoint(setupContract, async ({ runtime, body, client }) => {
  const { token, ...account } = body
  await setUpFirstAdministrator(runtime, { ...account, setupKey: token, addressBlock: client.block, client })
  return { body: done('Administrator created. Sign in with this account.') }
})
