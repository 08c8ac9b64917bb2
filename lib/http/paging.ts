import { z } from 'zod'

/**
 * The query of a list that comes in pages.
 *
 * @param limitMax  entries on a page at most, and when nothing is asked for
 */
export function pageQuery(limitMax: number) {
  return z.strictObject({
    limit: z
      .preprocess(
        digitsToNumber,
        z.number(`Send a whole number from 1 to ${limitMax}.`).int().min(1).max(limitMax),
      )
      .default(limitMax)
      .describe('Entries on a page.'),
    cursor: z.string().optional().describe('The `next_cursor` of the page before.'),
  })
}

/** Number() would also take 0x10, 1e1 and spaces. */
function digitsToNumber(text: unknown): unknown {
  return typeof text === 'string' && /^[0-9]{1,9}$/.test(text) ? Number(text) : text
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
