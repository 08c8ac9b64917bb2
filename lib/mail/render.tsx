import { render, toPlainText } from 'react-email'
import { mailViews } from '#emails/catalogue.ts'
import type { MailContext, MailView } from '#emails/mail-view.ts'
import type { MailTemplate } from './mail-templates.ts'
import type { RenderedMail } from './rendered-mail.ts'

/** Renders a message, HTML and text. To be imported when the first one is: it brings React. */
export async function renderMail(
  template: MailTemplate,
  input: MailContext & { props: Record<string, string | null> },
): Promise<RenderedMail> {
  const view = mailViews[template] as MailView<MailTemplate>
  const typed = input as unknown as Parameters<typeof view.body>[0]
  const html = await render(view.body(typed))
  return { subject: view.subject(typed), html, text: toPlainText(html) }
}
