import { endpoint } from '#lib/http/endpoint.ts'
import { type InboxMail, readInbox } from '#lib/mail/inbox.ts'
import { listCapturedMailContract } from './list-captured-mail.contract.ts'
import { requireInbox } from './require-inbox.ts'

export const listCapturedMailEndpoint = endpoint(listCapturedMailContract, async (call) => {
  requireInbox(call)
  const mails = await readInbox(call.runtime, call.query.to ?? null)
  return { body: { messages: mails.map(publicMail) } }
})

function publicMail({ id, template, to, subject, text, html, state, createdAt }: InboxMail) {
  const link = /https?:\/\/\S+\?token=[\w.-]+/.exec(text)?.[0] ?? null
  const code = /^\d{6}$/m.exec(text)?.[0] ?? null
  return { id, template, to, subject, text, html, link, code, state, created_at: createdAt.toISOString() }
}
