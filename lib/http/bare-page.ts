import type { Config } from '#lib/config/config.ts'
import { sha256 } from '#lib/crypto/digest.ts'
import { escapeHtml, mark } from './html.ts'

const style = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-content:center;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif;
background:light-dark(#f8faf9,#061720);color:light-dark(#0b1f2a,#e8f1ee)}
header{display:flex;align-items:center;gap:.75rem;margin:0 0 1.5rem;font-weight:600}
main{max-width:27rem;padding:2rem;border:1px solid light-dark(#d5deda,#1f4254);border-radius:.75rem;
background:light-dark(#fff,#0c2230)}
h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.3}
p{margin:0 0 .75rem}
a{color:light-dark(#00679a,#5cc8f5)}
a.again{display:inline-block;margin:.5rem .75rem .5rem 0;padding:.5rem 1rem;border-radius:.5rem;font-weight:500;
text-decoration:none;background:light-dark(#33692f,#8bc68a);color:light-dark(#fff,#06210a)}
small{color:light-dark(#4a5a63,#a3b5b9);overflow-wrap:anywhere}`

const policy = `default-src 'none'; style-src 'sha256-${sha256(style).toString('base64')}'; base-uri 'none'; frame-ancestors 'none'`

export interface BarePage {
  title: string
  /** What follows the title, as markup. */
  main: string
  /** Where the browser goes by itself; null or left out: it stays. */
  onward?: string
}

/** A page that needs nothing but itself: no script, no file, no request. */
export function barePage(config: Config, { title, main, onward }: BarePage) {
  const goes =
    onward === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${escapeHtml(onward)}">\n`
  return {
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
${goes}<title>${escapeHtml(`${title} · ${config.appName}`)}</title>
<style>${style}</style>
<header>${mark}<span>${escapeHtml(config.appName)}</span></header>
<main><h1>${escapeHtml(title)}</h1>${main}</main></html>
`,
  }
}
