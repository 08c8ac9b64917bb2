import { peekLink } from '#lib/links/links.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** What the page of a link shows before anything is changed. */
export type LinkedReset =
  | { kind: 'open'; email: string }
  | { kind: 'link_invalid' | 'link_expired' | 'link_used' }

/** Looks at the link to a new password; spends nothing. */
export async function describeReset({ roots, database }: Runtime, token: string): Promise<LinkedReset> {
  const use = await peekLink({ roots }, database, { purpose: 'reset_password', token })
  if (use.kind !== 'ok') return { kind: use.kind }
  return use.link.userId === null ? { kind: 'link_invalid' } : { kind: 'open', email: use.link.email }
}
