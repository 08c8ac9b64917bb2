import { endpoint } from '#lib/http/endpoint.ts'
import { escapeHtml } from '#lib/http/html.ts'
import { type InboxMail, readInbox } from '#lib/mail/inbox.ts'
import { inboxPage, inboxPolicy, timeElement } from './inbox-page.ts'
import { requireInbox } from './require-inbox.ts'
import { showInboxContract } from './show-inbox.contract.ts'

const refreshSeconds = 5

export const showInboxEndpoint = endpoint(showInboxContract, async (call) => {
  const key = requireInbox(call)
  const to = new URL(call.request.url).searchParams.get('to') || null
  const mails = await readInbox(call.runtime, to)
  const body = inboxPage('Inbox', drawList(mails, key, to), to === null ? refreshSeconds : undefined)
  return { body, headers: { 'content-security-policy': inboxPolicy } }
})

function drawList(mails: readonly InboxMail[], key: string, to: string | null): string {
  const intro = 'Messages of this server stay here: none leaves the machine.'
  const items = mails.map((mail) => drawItem(mail, key)).join('\n')
  const nothing = to === null ? 'No message yet.' : `No message to ${escapeHtml(to)}.`
  return `<h1>Inbox</h1><p>${intro}</p>
<form><input type="hidden" name="key" value="${escapeHtml(key)}"><label for="to">To</label>
<input id="to" name="to" value="${escapeHtml(to ?? '')}" placeholder="all addresses" autocomplete="off"><button>Show</button></form>
${mails.length === 0 ? `<p>${nothing}</p>` : `<ul>${items}</ul>`}`
}

function drawItem({ id, subject, to, createdAt, state }: InboxMail, key: string): string {
  return `<li><a href="/dev/mail/${id}?key=${key}">${escapeHtml(subject)}</a>
<span>${escapeHtml(to)} · ${timeElement(createdAt)}${state === 'sent' ? '' : ` · ${escapeHtml(state)}`}</span></li>`
}
