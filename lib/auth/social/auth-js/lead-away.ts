import { barePage } from '#lib/http/bare-page.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { escapeHtml } from '#lib/http/html.ts'
import { logRefusal } from '#lib/http/refusal.ts'
import type { Reply } from '#lib/http/reply.ts'
import type { Problem } from '#lib/problems.ts'
import type { DanceBegun } from './run-dance.ts'

/**
 * Leads a browser to a provider by a page of its own. A redirect would not do: `form-action` of our pages would have to
 * name every address that the provider itself leads on to.
 */
export function leadAway({ runtime }: Exchange, providerName: string, { url, cookies }: DanceBegun): Reply {
  const name = escapeHtml(providerName)
  const { headers, body } = barePage(runtime.config, {
    title: `Going to ${providerName}`,
    main: `<p>You sign in there and come back.</p>
<p><a class="again" href="${escapeHtml(url)}">Go on to ${name}</a></p>`,
    onward: url,
  })
  return { status: 200, headers, cookies, body }
}

/** Leads back to the page that a dance was begun on, which says why nobody was signed in. */
export function leadToPage(
  exchange: Exchange,
  problem: Problem,
  { page, provider, cookies = [] }: { page: string; provider: string; cookies?: readonly string[] },
): Reply {
  logRefusal(exchange, problem)
  const [path, query] = page.split('?', 2)
  const told = new URLSearchParams(query)
  told.set('social', problem.code)
  told.set('provider', provider)
  return { status: 303, headers: { location: `${path}?${told}` }, cookies, body: null }
}
