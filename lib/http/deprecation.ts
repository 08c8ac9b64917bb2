import type { Deprecation } from './contract.ts'

/**
 * Headers of every answer of an operation that is on its way out: `Deprecation` is a structured date (RFC 9745),
 * `Sunset` an HTTP-date (RFC 8594).
 */
export function deprecationHeaders({ since, sunset, link }: Deprecation): Record<string, string> {
  return {
    deprecation: `@${Math.floor(Date.parse(since) / 1000)}`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    ...(link !== undefined && { link: `<${link}>; rel="deprecation"` }),
  }
}

/**
 * Called when a process or the document is put together, so that no header ever says `@NaN`.
 *
 * @throws Error for an instant that is none, and for an end before the beginning
 */
export function requireSoundDeprecation({ since, sunset }: Deprecation): void {
  for (const instant of [since, sunset ?? since]) {
    if (Number.isNaN(Date.parse(instant))) throw new Error(`a deprecation has no instant: ${instant}`)
  }
  if (sunset !== undefined && Date.parse(sunset) < Date.parse(since)) {
    throw new Error(`a deprecation ends at ${sunset}, before it begins`)
  }
}
