import type { IncomingMessage } from 'node:http'

/** No path, or one that is read in two ways: some climb up at dots, some end it at a fragment. */
const ambiguous = /^[^/]|\/(\.|%2e){1,2}([/?]|$)|[\\#]/i

/**
 * Gives a request one path before anybody decides by it: the one that an URL would have. An authority in the target
 * that is not the Host's becomes a second Host, so that the request is refused: a redirect would go where it says.
 *
 * @see RFC 9112 section 3.2.2
 */
export function settleTarget(incoming: IncomingMessage): void {
  const { url = '' } = incoming
  if (!ambiguous.test(url)) return
  const [target = '', authority] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? []
  if (authority === undefined && !url.startsWith('/')) return
  const rest = url.slice(target.length)
  if (authority !== undefined && authority !== incoming.headers.host)
    incoming.rawHeaders.push('Host', authority)
  const { pathname, search } = new URL(`http://host${rest.startsWith('/') ? rest : `/${rest}`}`)
  incoming.url = pathname + search
}

/** The host that a request means; two of them are none. */
export function hostOf({ rawHeaders }: IncomingMessage): string | null {
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && /^host$/i.test(rawHeaders[index - 1] ?? ''),
  )
  return hosts.length === 1 ? (hosts[0] ?? null) : null
}
