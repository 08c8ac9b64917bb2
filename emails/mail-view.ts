import type { ReactElement } from 'react'
import type { MailTemplate, MailTemplates } from '#lib/mail/mail-templates.ts'

/** What every message knows. */
export interface MailContext {
  appName: string
  /** Where the pages are, without a slash at the end. */
  pagesUrl: string
  /** The one-time link; null in a message without one. */
  url: string | null
  /** Six digits; null in a message without any. */
  code: string | null
}

export type MailInput<Name extends MailTemplate> = MailContext & { props: MailTemplates[Name] }

/** One kind of message: props in, markup out. */
export interface MailView<Name extends MailTemplate> {
  subject(input: MailInput<Name>): string
  body(input: MailInput<Name>): ReactElement
}
