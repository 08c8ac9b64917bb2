import { deriveLinkCode, deriveLinkToken } from '#lib/crypto/link-token.ts'
import { type LinkPurpose, linkKinds, linkUrl } from '#lib/links/link-lifetime.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { MailTemplate } from './mail-templates.ts'
import type { RenderedMail } from './rendered-mail.ts'

export interface WrittenFrom {
  id: string
  template: MailTemplate
  parameters: Record<string, string | null>
  linkPurpose: LinkPurpose | null
}

/** Loads the templates, and React with them, the first time. @throws when they cannot be loaded */
export function loadTemplates() {
  return import('./render.tsx')
}

/**
 * Writes a message: derives its link and its code, and renders it. The first call loads React.
 *
 * @throws what a template throws
 */
export async function writeMail(
  { config, roots }: Pick<Runtime, 'config' | 'roots'>,
  { id, template, parameters, linkPurpose }: WrittenFrom,
): Promise<RenderedMail> {
  const { renderMail } = await loadTemplates()
  const position = linkPurpose && { linkId: id, purpose: linkPurpose }
  return renderMail(template, {
    appName: config.appName,
    pagesUrl: config.pagesUrl,
    url: position && linkUrl(config.pagesUrl, position.purpose, deriveLinkToken(roots, position).reveal()),
    code: position && linkKinds[position.purpose].hasCode ? deriveLinkCode(roots, position).reveal() : null,
    props: parameters,
  })
}
