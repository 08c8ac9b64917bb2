import { createServer } from 'node:http'
import { mailSamples } from '#emails/samples.ts'
import { type LinkPurpose, linkKinds, linkUrl } from '#lib/links/link-lifetime.ts'
import { type MailTemplate, mailTemplates, templateLinks } from '#lib/mail/mail-templates.ts'
import { renderMail } from '#lib/mail/render.tsx'

/** npm run email: every template with sample data, wide and as on a phone, while they are worked on. */
const address = { host: '127.0.0.1', port: 8025 }
const sampleToken = '01a203f5-bd26-7214-9f8b-658b824742ea.42.c2FtcGxlIHRva2VuIG9mIHRoZSBwcmV2aWV3IHBhZ2Uu'

const server = createServer(async (incoming, outgoing) => {
  const [, name = '', form = ''] = new URL(incoming.url ?? '/', 'http://preview').pathname.split('/')
  const template = mailTemplates.find((one) => one === name)
  const isText = form === 'text'
  const body = template
    ? await drawMail(template, isText ? 'text' : form === 'html' ? 'html' : 'frames')
    : drawList()
  outgoing.writeHead(200, { 'content-type': `text/${isText ? 'plain' : 'html'}; charset=utf-8` }).end(body)
})

server.listen(address.port, address.host, () => {
  process.stdout.write(`\nThe mails: http://localhost:${address.port}\nStop with Ctrl-C.\n\n`)
})

async function drawMail(template: MailTemplate, form: 'html' | 'text' | 'frames'): Promise<string> {
  const purpose: LinkPurpose | null = templateLinks[template]
  const pagesUrl = 'https://auth.example.com'
  const mail = await renderMail(template, {
    appName: 'Session Management',
    pagesUrl,
    url: purpose && linkUrl(pagesUrl, purpose, sampleToken),
    code: purpose && linkKinds[purpose].hasCode ? '401953' : null,
    props: { ...mailSamples[template] },
  })
  if (form !== 'frames') return mail[form]
  const frames = [680, 360].map(
    (width) =>
      `<iframe src="/${template}/html" title="${width} pixels wide" width="${width}" height="900"></iframe>`,
  )
  return page(
    `${mail.subject} · <a href="/${template}/text">text</a> · <a href="/">all</a>`,
    frames.join('\n'),
  )
}

function drawList(): string {
  const items = mailTemplates.map((name) => `<li><a href="/${name}">${name}</a></li>`)
  return page('Mails', `<ul>${items.join('')}</ul><p>Dark and light follow your system.</p>`)
}

function page(heading: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mails</title>
<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui;margin:24px}iframe{border:1px solid #888;margin-right:16px}</style>
<h1 style="font-size:20px">${heading}</h1>${content}`
}
