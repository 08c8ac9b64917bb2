import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { escapeHtml, mark } from '#lib/http/html.ts'

export const errorPageStyle = `:root{color-scheme:light dark}
body{margin:0 auto;max-width:42rem;padding:2rem 1.25rem;font:1rem/1.6 system-ui,sans-serif;
background:light-dark(#f8faf9,#061720);color:light-dark(#0b1f2a,#e8f1ee)}
header{display:flex;align-items:center;gap:.75rem;margin:0 0 2rem;font-weight:600}
h1{margin:0 0 .5rem;font-size:clamp(1.125rem,5.5vw,1.5rem);line-height:1.3;overflow-wrap:anywhere}
p{margin:0 0 1rem}
a{color:light-dark(#00679a,#5cc8f5)}
code{font:.9375em ui-monospace,monospace;padding:.0625rem .3125rem;border-radius:.25rem;
background:light-dark(#e6edea,#123246);overflow-wrap:anywhere}
footer{margin-top:2rem;padding-top:1rem;border-top:1px solid light-dark(#d5deda,#1f4254)}`

/**
 * The page about one code. It needs nothing but itself, so that it is there wherever a problem is.
 *
 * @param code  one that is known: it names a file
 */
export async function errorPage(code: string, appName: string): Promise<string> {
  const text = await readFile(join(process.cwd(), 'docs', 'errors', `${code}.md`), 'utf8')
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${code} · ${appName}`)}</title>
<style>${errorPageStyle}</style>
<header>${mark}<span>${escapeHtml(appName)}</span></header>
<main>${toHtml(text)}</main>
<footer><a href="/openapi.json">openapi.json</a> says which operations answer with it.</footer></html>
`
}

/** The little of Markdown that these pages are written in: one heading, paragraphs, code, bold. */
function toHtml(markdown: string): string {
  const blocks = markdown.trim().split(/\n{2,}/)
  return blocks
    .map((block) =>
      block.startsWith('# ') ? `<h1>${inline(block.slice(2))}</h1>` : `<p>${inline(block)}</p>`,
    )
    .join('\n')
}

function inline(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
}
