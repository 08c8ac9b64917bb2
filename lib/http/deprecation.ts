import type { Deprecation } from './contract.ts'

/**
 * Headers of every answer of an operation that is on its way out: `Deprecation` is a structured date (RFC 9745),
 * `Sunset` an HTTP-date (RFC 8594).
 */
export function deprecationHeaders({ since, sunset, link }: Deprecation): Record<string, string> {
  return {
    deprecation: `@${Date.parse(since) / 1000}`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    ...(link !== undefined && { link: `<${link}>; rel="deprecation"` }),
  }
}
