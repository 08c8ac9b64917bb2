import type { Connection } from '#db/connection.ts'
import { consumeLink, lockOwnerOfLink } from '#db/queries/one-time-links.ts'
import { type LinkPurpose, linkKinds } from '#lib/links/link-lifetime.ts'
import { type LinkRow, peekLink, requireLink, tryCode } from '#lib/links/links.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { PresentedProof } from './link-proof.contract.ts'

/**
 * Looks at the link that somebody proves to have; spends nothing but, with a code, a try of it.
 *
 * @param block  of the client: guesses of codes are limited by it
 * @throws Problem `link_invalid`, `link_expired`, `link_used` or `rate_limited`
 */
export async function requireLinkProof(
  runtime: Runtime,
  purpose: LinkPurpose,
  { token, email, code }: PresentedProof,
  block: string,
): Promise<LinkRow> {
  if (token !== undefined) return requireLink(await peekLink(runtime, runtime.database, { purpose, token }))
  await runtime.limits.windows.use('code', block)
  const attempt = { purpose, email: email ?? '', code: code ?? '' }
  return requireLink(await tryCode(runtime, runtime.database, attempt))
}

/**
 * Uses a link that was looked at. Of parallel uses one goes on.
 *
 * @throws Problem `link_used`, which rolls the transaction back
 */
export async function spendLink(transaction: Connection, { id, purpose }: LinkRow): Promise<LinkRow> {
  await lockOwnerOfLink(transaction, id)
  const { lifetimeSeconds } = linkKinds[purpose]
  const link = await consumeLink(transaction, { id, purpose, lifetimeSeconds })
  if (!link) throw new Problem('link_used', { because: 'used while it was looked at' })
  return link
}
