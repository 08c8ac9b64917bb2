import { endpoint } from '#lib/http/endpoint.ts'
import { escapeHtml } from '#lib/http/html.ts'
import { type InboxMail, readInboxMail, readInboxSource } from '#lib/mail/inbox.ts'
import { Problem } from '#lib/problems.ts'
import { inboxPage, inboxPolicy, messagePolicy, timeElement } from './inbox-page.ts'
import { requireInbox } from './require-inbox.ts'
import { showCapturedMailContract } from './show-captured-mail.contract.ts'

const views = { page: 'HTML', 'page-text': 'Text', 'page-source': 'Source' } as const

export const showCapturedMailEndpoint = endpoint(showCapturedMailContract, async (call) => {
  const key = requireInbox(call)
  const mail = await readInboxMail(call.runtime, call.parameter)
  if (!mail) throw new Problem('not_found', { because: 'no such message' })
  const as = new URL(call.request.url).searchParams.get('as') ?? 'page'
  if (as === 'html') {
    // Links would open in the frame, which may lead nowhere.
    const body = mail.html.replace('<head>', '<head><base target="_blank">')
    return { body, headers: { 'content-security-policy': messagePolicy } }
  }
  if (as === 'text') return { body: mail.text, headers: plain }
  const source = as.endsWith('source') ? await readInboxSource(call.runtime, mail) : ''
  if (as === 'source') return { body: source, headers: plain }
  const content = drawContent(as, mail, key, source)
  return { body: inboxPage(mail.subject, content), headers: { 'content-security-policy': inboxPolicy } }
})

const plain = { 'content-type': 'text/plain; charset=utf-8' }

function drawContent(as: string, mail: InboxMail, key: string, source: string): string {
  const address = `/dev/mail/${mail.id}?key=${key}`
  const tabs = Object.entries(views).map(([view, label]) => {
    const current = view === as ? ' aria-current="page"' : ''
    return `<a href="${address}&amp;as=${view}"${current}>${label}</a>`
  })
  const shown =
    as === 'page-text' || as === 'page-source'
      ? `<pre>${escapeHtml(as === 'page-text' ? mail.text : source)}</pre>`
      : `<iframe src="${address}&amp;as=html" title="The message" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`
  return `<h1>${escapeHtml(mail.subject)}</h1><p>To ${escapeHtml(mail.to)} · ${timeElement(mail.createdAt)}</p>
<nav aria-label="Views">${tabs.join('')}<a href="/dev/mail?key=${key}">All messages</a></nav>
<div class="card">${shown}</div>`
}
