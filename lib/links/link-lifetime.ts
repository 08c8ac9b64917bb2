import type { LinkPurpose } from '#db/queries/mail-outbox.ts'

export type { LinkPurpose }

interface LinkKind {
  /** The page behind PAGES_URL that shows what the link will do. */
  page: `/${string}`
  /** Counted from the hand-over to SMTP. */
  lifetimeSeconds: number
  /** The same message carries a code, for another device. */
  hasCode: boolean
}

const [minute, hour, day] = [60, 3600, 86_400]

export const linkKinds: Readonly<Record<LinkPurpose, LinkKind>> = {
  verify_email: { page: '/verify', lifetimeSeconds: 24 * hour, hasCode: true },
  reset_password: { page: '/reset', lifetimeSeconds: 30 * minute, hasCode: true },
  change_email: { page: '/change-email/confirm', lifetimeSeconds: 24 * hour, hasCode: false },
  undo_email_change: { page: '/change-email/undo', lifetimeSeconds: 7 * day, hasCode: false },
}

/** Counted from the hand-over to SMTP. */
export const codeLifetimeSeconds = 10 * minute
/** Then the code is void; the link still works. */
export const codeTriesMax = 5

/** The pages of links, for the audience of a message that carries one. */
export function linkUrl(pagesUrl: string, purpose: LinkPurpose, token: string): string {
  return `${pagesUrl}${linkKinds[purpose].page}?token=${token}`
}
