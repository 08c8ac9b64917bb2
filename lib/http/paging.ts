import { z } from 'zod'

/**
 * The query of a list that comes in pages.
 *
 * @param limitMax  entries on a page at most, and when nothing is asked for
 */
export function pageQuery(limitMax: number) {
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(limitMax).default(limitMax).describe('Entries on a page.'),
    cursor: z.string().max(500).optional().describe('The `next_cursor` of the page before.'),
  })
}

/** In the answer of a list that comes in pages. */
export const NextCursor = z
  .string()
  .nullable()
  .describe('For the next page; null on the last one. Opaque, and of use to this session only.')

/** `Link: <…>; rel="next"` (RFC 8288) while there is a next page. */
export function nextPageHeaders(
  path: string,
  { limit }: { limit: number },
  nextCursor: string | null,
): Record<string, string> {
  if (nextCursor === null) return {}
  const query = new URLSearchParams({ limit: String(limit), cursor: nextCursor })
  return { link: `<${path}?${query}>; rel="next"` }
}
