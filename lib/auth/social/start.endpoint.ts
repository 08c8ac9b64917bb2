import { isLoopbackUrl } from '#lib/config/loopback.ts'
import { parseUrl } from '#lib/encoding/parse-url.ts'
import type { Endpoint } from '#lib/http/endpoint.ts'
import { requireNavigation } from '#lib/http/navigation.ts'
import { requireQuery } from '#lib/http/shape.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { beginDance } from './begin-dance.ts'
import { findProvider } from './provider-name.ts'
import { startSocialSignInContract } from './social.contract.ts'

export const startSocialSignInEndpoint: Endpoint = {
  contract: startSocialSignInContract,
  async handle(exchange) {
    const { runtime, request, client } = exchange
    requireNavigation(exchange)
    runtime.limits.requireOpen('dance', client.block)
    const query = requireQuery(startSocialSignInContract.query, request.url)
    requireReturnUrl(runtime, query.return_to)
    const provider = findProvider(runtime, query.provider)
    if (!provider) throw new Problem('not_found', { because: 'no such provider' })
    const place = { url: query.return_to, challenge: query.code_challenge, state: query.state ?? null }
    const { url, cookies } = await beginDance(runtime, {
      provider,
      purpose: { kind: 'hand_over', place },
      next: '/account',
      cookies: request.headers.get('cookie'),
      block: client.block,
    })
    return { status: 302, headers: { location: url }, cookies, body: null }
  },
}

/** Compared character by character (RFC 9700 section 2.1). Trial and development know no list, and this machine only. */
function requireReturnUrl({ config }: Runtime, url: string): void {
  if (config.social.returnUrls.includes(url)) return
  const page = parseUrl(url)
  const isPage = page && /^https?:$/.test(page.protocol) && !page.username
  if (config.mode !== 'strict' && isPage && isLoopbackUrl(url)) return
  throw new Problem('return_url_refused')
}
