import { Problem } from '#lib/problems.ts'
import type { Exchange } from './exchange.ts'

/**
 * Refuses what a page loads as a part of itself: the images of a foreign page would spend what the address of its
 * visitor may still ask. Browsers tell by Sec-Fetch-Dest (Fetch Metadata, section 2.1); who sends none is no browser.
 *
 * @throws Problem `origin_refused`
 */
export function requireNavigation({ request }: Exchange): void {
  const destination = request.headers.get('sec-fetch-dest')
  if (destination !== null && destination !== 'document')
    throw new Problem('origin_refused', { because: `asked for as ${destination}` })
}
