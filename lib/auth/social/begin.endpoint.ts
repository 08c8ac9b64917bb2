import type { SocialProvider } from '#lib/config/config.ts'
import type { Endpoint } from '#lib/http/endpoint.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { toProblem } from '#lib/http/refusal.ts'
import type { Reply } from '#lib/http/reply.ts'
import { safeNext } from '#lib/http/safe-next.ts'
import { Problem } from '#lib/problems.ts'
import { leadOn, readFields, requireOwnOrigin, wantsAddress } from './auth-js/exchange.ts'
import { leadAway, leadToPage } from './auth-js/lead-away.ts'
import { presentedPrincipal } from './auth-js/session.ts'
import { authJsSignInContract } from './auth-js.contract.ts'
import { beginDance } from './begin-dance.ts'
import { findProvider } from './provider-name.ts'
import { recordRefusal } from './record-refusal.ts'

/** A button of our pages, or signIn() of Auth.js's client. */
export const authJsSignInEndpoint: Endpoint = {
  contract: authJsSignInContract,
  async handle(exchange): Promise<Reply> {
    const { runtime, parameter } = exchange
    requireOwnOrigin(exchange)
    runtime.limits.requireOpen('dance', exchange.client.block)
    const fields = await readFields(exchange)
    const provider = findProvider(runtime, parameter)
    if (!provider) throw new Problem('not_found', { because: 'no such provider' })
    const page = safeNext(runtime.config, fields.get('_page')) ?? '/login'
    try {
      const begun = await begin(exchange, provider, fields, page)
      if (wantsAddress(exchange)) return leadOn(exchange, begun.url, begun.cookies)
      return leadAway(exchange, provider.name, begun)
    } catch (error) {
      const problem = toProblem(error)
      await noteRefusal(exchange, provider.id, problem)
      if (wantsAddress(exchange) || isOurFault(problem)) throw problem
      return leadToPage(exchange, problem, { page, provider: provider.id })
    }
  },
}

async function begin(
  { runtime, request, client, credential }: Exchange,
  provider: SocialProvider,
  fields: URLSearchParams,
  page: string,
) {
  // Somebody who is signed in says that it is them, before something of weight.
  const owner = fields.has('_confirm') ? await presentedPrincipal(runtime, credential) : null
  return beginDance(runtime, {
    provider,
    purpose: { kind: 'sign_in', page, ...(owner && { ownerId: owner.user.id }) },
    next: fields.get('callbackUrl') ?? fields.get('_next') ?? '/account',
    cookies: request.headers.get('cookie'),
    block: client.block,
  })
}

/** Nothing to tell a person but that we fail. */
export function isOurFault({ code }: Problem): boolean {
  return code === 'unavailable' || code === 'internal_error' || code === 'overloaded'
}

async function noteRefusal({ runtime, client }: Exchange, provider: string, problem: Problem): Promise<void> {
  if (isOurFault(problem) || problem.code === 'rate_limited') return
  await recordRefusal(runtime, { provider, client }, problem)
}
