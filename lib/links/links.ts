import type { Connection } from '#db/connection.ts'
import type { LinkPurpose } from '#db/queries/mail-outbox.ts'
import { consumeLink, countCodeTry, findLink, type LinkRow } from '#db/queries/one-time-links.ts'
import { isLinkCode, readLinkToken } from '#lib/crypto/link-token.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { codeLifetimeSeconds, codeTriesMax, linkKinds } from './link-lifetime.ts'
import { judgeLink, type LinkVerdict } from './link-verdict.ts'

export type { LinkRow }

/** What presenting a link or a code came to. Returned, not thrown: it is used inside transactions. */
export type LinkUse = { kind: 'ok'; link: LinkRow } | { kind: Exclude<LinkVerdict, 'ok'> }

type Roots = Pick<Runtime, 'roots'>

/** Looks at a link and spends nothing: for the page that shows what it will do. No query for a forged token. */
export async function peekLink(
  { roots }: Roots,
  db: Connection,
  { purpose, token }: { purpose: LinkPurpose; token: string },
): Promise<LinkUse> {
  const id = readLinkToken(roots, purpose, token)
  return id === null ? { kind: 'link_invalid' } : asUse(await findLink(db, { id, purpose }))
}

/**
 * Uses a link. Of parallel uses one is 'ok', the others are 'link_used'; other open links of the same owner and purpose
 * are void from then on. No query for a forged token.
 */
export async function useLink(
  { roots }: Roots,
  db: Connection,
  { purpose, token }: { purpose: LinkPurpose; token: string },
): Promise<LinkUse> {
  const id = readLinkToken(roots, purpose, token)
  if (id === null) return { kind: 'link_invalid' }
  const { lifetimeSeconds } = linkKinds[purpose]
  const link = await consumeLink(db, { id, purpose, lifetimeSeconds })
  if (link) return { kind: 'ok', link }
  const verdict = judgeLink(await findLink(db, { id, purpose }))
  // Handed over between the two statements: nobody can have it yet.
  return { kind: verdict === 'ok' ? 'link_invalid' : verdict }
}

/**
 * Uses the link whose code was sent to an address last. Every try is counted first, in a statement of its own: call
 * this outside a transaction that may roll back, or the count is lost.
 *
 * @returns 'link_invalid' for everything but the right code: an unknown address must look like a wrong code
 */
export async function useCode(
  { roots }: Roots,
  db: Connection,
  { purpose, email, code }: { purpose: LinkPurpose; email: string; code: string },
): Promise<LinkUse> {
  const tried = await tryCode({ roots }, db, { purpose, email, code })
  if (tried.kind !== 'ok') return tried
  const { lifetimeSeconds } = linkKinds[purpose]
  const link = await consumeLink(db, { id: tried.link.id, purpose, lifetimeSeconds })
  return link ? { kind: 'ok', link } : { kind: 'link_invalid' }
}

/**
 * The same without using it up: for what may still be refused before the link is used by its id (consumeLink).
 *
 * @returns 'link_invalid' for everything but the right code
 */
export async function tryCode(
  { roots }: Roots,
  db: Connection,
  { purpose, email, code }: { purpose: LinkPurpose; email: string; code: string },
): Promise<LinkUse> {
  if (!linkKinds[purpose].hasCode) return { kind: 'link_invalid' }
  const id = await countCodeTry(db, {
    purpose,
    email,
    lifetimeSeconds: codeLifetimeSeconds,
    triesMax: codeTriesMax,
  })
  // Derived for nobody as well: the same work.
  const isRight = isLinkCode(roots, { linkId: id ?? nobody, purpose }, code)
  if (id === null || !isRight) return { kind: 'link_invalid' }
  return asUse(await findLink(db, { id, purpose }))
}

const nobody = '00000000-0000-7000-8000-000000000000'

/** The link that was used. @throws Problem `link_invalid`, `link_expired` or `link_used` */
export function requireLink(use: LinkUse): LinkRow {
  if (use.kind !== 'ok') throw new Problem(use.kind)
  return use.link
}

function asUse(row: LinkRow | null): LinkUse {
  const verdict = judgeLink(row)
  return verdict === 'ok' && row
    ? { kind: 'ok', link: row }
    : { kind: verdict === 'ok' ? 'link_invalid' : verdict }
}
