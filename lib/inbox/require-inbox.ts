import type { Exchange } from '#lib/http/exchange.ts'
import { isInboxKey } from '#lib/mail/inbox-key.ts'
import { Problem } from '#lib/problems.ts'

/**
 * The inbox is there while mail is captured, for whoever has the key that the server printed: in the query, or as a
 * bearer token.
 *
 * @returns the key, for the links of the pages
 * @throws Problem `not_found`
 */
export function requireInbox({ runtime, request, credential }: Exchange): string {
  if (runtime.config.mail.kind !== 'captured')
    throw new Problem('not_found', { because: 'mail is not captured' })
  const inQuery = new URL(request.url).searchParams.get('key')
  const key = inQuery ?? (credential.kind === 'bearer' ? credential.token : '')
  if (isInboxKey(runtime.roots, key)) return key
  const detail = 'The inbox needs its key. Open the address that was printed when the server started.'
  throw new Problem('not_found', { detail, because: 'not the key of the inbox' })
}
