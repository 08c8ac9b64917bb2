import type { LinkRow } from '#db/queries/one-time-links.ts'
import { linkKinds } from './link-lifetime.ts'

export type LinkVerdict = 'ok' | 'link_invalid' | 'link_expired' | 'link_used'

/** What a genuine token earns now, as its row says. */
export function judgeLink(row: LinkRow | null): LinkVerdict {
  if (!row) return 'link_invalid'
  if (row.usedAt) return 'link_used'
  if (row.voidedAt || !row.handedOverAt) return 'link_invalid'
  const livedMs = row.now.getTime() - row.handedOverAt.getTime()
  return livedMs >= linkKinds[row.purpose].lifetimeSeconds * 1000 ? 'link_expired' : 'ok'
}
