import type { LinkPurpose } from '#db/queries/mail-outbox.ts'

/** When, from which device and from which address it was done. What is not known is null. */
export interface Occasion {
  /** ISO 8601, UTC. */
  at: string
  /** As deviceLabel() names it, for example "Firefox on Windows". */
  device: string | null
  address: string | null
}

/** What somebody asked for by naming an address; the record of events names the request. */
export type Request = Occasion & { requestId: string | null }

/**
 * The templates with what each needs to be told beyond the name of the product. No secret: links and codes are made
 * when a message is rendered. No user name where the address may not be verified: whoever owns it may be a stranger.
 */
export interface MailTemplates {
  verify_email: Request
  welcome: { username: string }
  reset_password: Request
  /** `by`: 'reset' when a link of a mail was used, 'owner' when the current password was given. */
  password_changed: Occasion & { by: 'owner' | 'reset' }
  /** To the new address. */
  email_change_confirm: Occasion
  /** To the old address. */
  email_change_notice: Occasion & { newEmail: string }
  new_device: Occasion
  sessions_ended_by_reuse: Occasion
  /** Somebody tried to register with this address. */
  account_exists: Occasion
  /** `provider`: as people know it. */
  identity_linked: Occasion & { provider: string }
  identity_unlinked: Occasion & { provider: string }
  /** Somebody proved by a provider to have the address of an account that never did. */
  account_claimed: Occasion & { provider: string }
  /** `undoUntil`: ISO 8601, UTC; signing in until then undoes it. */
  account_deleted: Occasion & { undoUntil: string }
}

export type MailTemplate = keyof MailTemplates

/** The one-time link that a message of each template carries. */
export const templateLinks: Readonly<Record<MailTemplate, LinkPurpose | null>> = {
  verify_email: 'verify_email',
  welcome: null,
  reset_password: 'reset_password',
  password_changed: null,
  email_change_confirm: 'change_email',
  email_change_notice: 'undo_email_change',
  new_device: null,
  sessions_ended_by_reuse: null,
  account_exists: null,
  identity_linked: null,
  identity_unlinked: null,
  account_claimed: null,
  account_deleted: null,
}

export const mailTemplates = Object.keys(templateLinks) as MailTemplate[]

/** False for one of a newer version. */
export function isMailTemplate(name: string): name is MailTemplate {
  return Object.hasOwn(templateLinks, name)
}
