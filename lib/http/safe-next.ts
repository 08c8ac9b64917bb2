import type { Config } from '#lib/config/config.ts'
import { parseUrl } from '#lib/encoding/parse-url.ts'

/** Where a page may lead on to after a form: our own pages, by the start of their path. */
const ownPages =
  /^\/(account(\/[a-z-]+)*|change-email\/(confirm|undo)|forgot|login|register|reset|setup|verify)?$/

/** Backslashes, control characters and white space: browsers read them in ways of their own. */
const treacherous = /[\\\s\p{Cc}]/u

/**
 * Judges a `next` from outside. Parsed as a browser would (WHATWG), then compared by origin and by the list of pages;
 * a listed front end may be named whole.
 *
 * @returns a path of ours with its query, or an URL of an allowed origin; null for anything else
 */
export function safeNext(
  config: Pick<Config, 'appUrl' | 'allowedOrigins'>,
  wanted: string | null,
): string | null {
  if (!wanted || treacherous.test(wanted)) return null
  const url = parseUrl(wanted, config.appUrl)
  // A blob: address has the origin of whoever made it, and shows what they put there.
  if (!url || url.username || url.password || !/^https?:$/.test(url.protocol)) return null
  if (config.allowedOrigins.includes(url.origin)) return url.href
  const isOwnPage = url.origin === config.appUrl && wanted.startsWith('/') && ownPages.test(url.pathname)
  return isOwnPage ? `${url.pathname}${url.search}` : null
}
