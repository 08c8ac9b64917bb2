import { parseUrl } from '#lib/encoding/parse-url.ts'

const loopbackNames = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i

/** True for a host name or address that means this machine. Names under .localhost are not among them. */
export function isLoopbackHost(host: string): boolean {
  return loopbackNames.test(host)
}

/** True for an origin or URL whose host means this machine. */
export function isLoopbackUrl(url: string): boolean {
  return isLoopbackHost(parseUrl(url)?.hostname ?? '')
}
