import type { IncomingMessage, Server } from 'node:http'

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
  const { host } = incoming.headers
  if (authority !== undefined && authority !== host) incoming.headers.host = `${host}, ${authority}`
  const { pathname, search } = new URL(`http://host${rest.startsWith('/') ? rest : `/${rest}`}`)
  incoming.url = pathname + search
}

/** The path that a request names, without its query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/**
 * Lets a header that comes twice arrive as both, joined by a comma. By itself Node drops the second one of some, Host
 * and Authorization among them: what we judge must be all that came.
 */
export function keepRepeatedHeaders(server: Server): void {
  // An option of createServer(), which is not ours to call where Next makes the server.
  Object.assign(server, { joinDuplicateHeaders: true })
}

/** The host that a request means; two of them are none. */
export function hostOf({ headers: { host } }: IncomingMessage): string | null {
  return host === undefined || host.includes(',') ? null : host
}
