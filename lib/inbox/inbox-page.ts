import { sha256 } from '#lib/crypto/digest.ts'
import { escapeHtml } from '#lib/http/html.ts'

/** Plain HTML, so that the headless server has it too; no script, nothing from elsewhere. */

const style = `
:root { color-scheme: light dark; --ground: light-dark(#f8faf9, #061720); --card: light-dark(#ffffff, #0c2230);
  --ink: light-dark(#0b1f2a, #e8f1ee); --quiet: light-dark(#4a5a63, #a3b5b9); --line: light-dark(#d5deda, #1f4254);
  --link: light-dark(#00679a, #5cc8f5) }
* { box-sizing: border-box }
body { margin: 0; padding: 24px 16px; background: var(--ground); color: var(--ink);
  font: 16px/1.5 Inter, system-ui, sans-serif }
main { max-width: 960px; margin: 0 auto }
h1 { font-size: 22px; line-height: 1.3; margin: 0 0 4px; overflow-wrap: anywhere }
p { margin: 0 0 16px; color: var(--quiet); overflow-wrap: anywhere }
a { color: var(--link) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
ul { list-style: none; margin: 0; padding: 0 }
li, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px }
li { margin: 0 0 12px; padding: 14px 18px }
li a { font-weight: 600; display: block; overflow-wrap: anywhere }
li span { color: var(--quiet); font-size: 14px; overflow-wrap: anywhere }
nav { display: flex; flex-wrap: wrap; gap: 8px 20px; margin: 0 0 16px }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none }
iframe { width: 100%; height: 78vh; border: 0; display: block; border-radius: 12px }
.card { overflow: hidden }
pre { margin: 0; padding: 18px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere;
  font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace }
form { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 20px }
input, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--quiet);
  border-radius: 8px; padding: 6px 12px; min-width: 0 }
input { flex: 1 1 220px }
label { align-self: center; color: var(--quiet) }`

const styleHash = sha256(style).toString('base64')

/** For pages of the inbox: their one style sheet, the frame with a message, the form that looks for an address. */
export const inboxPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** For a message in that frame: its styles, no script, and links that open beside it. */
export const messagePolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ')

export function inboxPage(title: string, content: string, refreshSeconds?: number): string {
  const refresh = refreshSeconds ? `<meta http-equiv="refresh" content="${refreshSeconds}">` : ''
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${refresh}<style>${style}</style></head>
<body><main>${content}</main></body></html>`
}

/** A time as the pages of the inbox write it, to the second. */
export function timeElement(instant: Date): string {
  const time = instant.toISOString()
  return `<time datetime="${time}">${time.slice(0, 10)} ${time.slice(11, 19)} UTC</time>`
}
