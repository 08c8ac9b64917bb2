import { adoptMail } from '#db/queries/mail-adoption.ts'
import { deriveLinkCode, deriveLinkToken } from '#lib/crypto/link-token.ts'
import { type LinkPurpose, linkKinds, linkUrl } from '#lib/links/link-lifetime.ts'
import type { MailTemplate } from '#lib/mail/mail-templates.ts'
import { templateLinks } from '#lib/mail/mail-templates.ts'
import type { TestServer } from './harness.ts'

/** Settings of a test server that has mail: development, whose messages stay in the outbox. */
export const capturedMail = { DEBUG: 'true', MAIL: '' }

/** A message of the outbox, with what its reader would find in it. */
export interface ReadMail {
  id: string
  template: MailTemplate
  parameters: Record<string, string | null>
  /** Empty for a message without a link; likewise the code. */
  token: string
  url: string
  code: string
}

/**
 * The messages to an address, the oldest first. Those that wait are handed over first, in the time of the database, as
 * the delivery does it; nothing is rendered and nothing sent. The server needs {@link capturedMail}.
 */
export async function readMail({ database, runtime }: TestServer, address: string): Promise<ReadMail[]> {
  const waiting = await database.sql<{ id: string }>(
    "SELECT id FROM mail_messages WHERE lower(recipient) = lower($1) AND state = 'queued' ORDER BY id",
    [address],
  )
  for (const { id } of waiting) await adoptMail(runtime.database, id)
  await database.sql(
    `WITH sent AS (
       UPDATE mail_messages SET state = 'sent', sent_at = app_now()
       WHERE lower(recipient) = lower($1) AND state = 'queued' RETURNING id
     )
     UPDATE one_time_links SET handed_over_at = app_now() FROM sent WHERE one_time_links.id = sent.id`,
    [address],
  )
  const rows = await database.sql<Pick<ReadMail, 'id' | 'template' | 'parameters'>>(
    `SELECT id, template, parameters FROM mail_messages
     WHERE lower(recipient) = lower($1) AND state = 'sent' ORDER BY created_at, id`,
    [address],
  )
  return rows.map((row) => ({ ...row, ...linkOf(row.id, templateLinks[row.template]) }))

  function linkOf(linkId: string, purpose: LinkPurpose | null) {
    if (purpose === null) return { token: '', url: '', code: '' }
    const token = deriveLinkToken(runtime.roots, { linkId, purpose }).reveal()
    return {
      token,
      url: linkUrl(runtime.config.pagesUrl, purpose, token),
      code: linkKinds[purpose].hasCode ? deriveLinkCode(runtime.roots, { linkId, purpose }).reveal() : '',
    }
  }
}
