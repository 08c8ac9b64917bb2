import type { Endpoint } from '#lib/http/endpoint.ts'
import { Problem } from '#lib/problems.ts'
import { changePasswordPageContract } from './change-password-page.contract.ts'

const page = '/account/security#password'

export const changePasswordPageEndpoint: Endpoint = {
  contract: changePasswordPageContract,
  async handle({ runtime: { config }, peer }) {
    const arePagesOurs = config.pagesUrl === config.appUrl
    if (arePagesOurs && !peer.hasPages) throw new Problem('not_found', { because: 'there are no pages' })
    return { status: 302, headers: { location: `${config.pagesUrl}${page}` }, cookies: [], body: null }
  },
}
