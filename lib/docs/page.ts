import { readCookie } from '#lib/encoding/cookie.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { escapeHtml, mark } from '#lib/http/html.ts'
import { pageHeaders } from '#lib/http/page-headers.ts'
import { addressOf, type DocsFileName } from './docs-files.ts'

/** One of the pages for developers. Its parts are HTML as it stands, made by us. */
export interface DocsPage {
  path: '/docs' | '/redoc' | '/docs/start'
  title: string
  styles: readonly DocsFileName[]
  /** Run in this order, after the page is there. */
  scripts: readonly DocsFileName[]
  main: string
  /** With these, styles that a script adds are let in, and those of single elements. */
  nonce?: string
}

const pages = [
  { path: '/docs/start', name: 'Start' },
  { path: '/docs', name: 'Try it' },
  { path: '/redoc', name: 'Reference' },
] as const

/** With the paths of the picture that stands for the word on a narrow screen. */
const themes = {
  system: {
    name: 'System',
    picture: '<circle cx="12" cy="12" r="8"/><path fill="currentColor" d="M12 4a8 8 0 0 1 0 16Z"/>',
  },
  light: {
    name: 'Light',
    picture:
      '<circle cx="12" cy="12" r="4"/><path d="M12 3v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4m0-12.8L17 7M7 17l-1.4 1.4"/>',
  },
  dark: { name: 'Dark', picture: '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z"/>' },
}

/** What an endpoint answers with a page; the browser is told to load nothing from anywhere else. */
export async function answerPage(
  { runtime: { config }, request, peer }: Pick<Exchange, 'runtime' | 'request' | 'peer'>,
  page: DocsPage,
): Promise<{ body: string; headers: Record<string, string> }> {
  const chosen = readCookie(request.headers.get('cookie'), 'theme')
  const theme = chosen === 'light' || chosen === 'dark' ? chosen : ''
  const home = peer.hasPages ? '/' : '/docs/start'
  return {
    body: await draw(page, { appName: config.appName, home, theme }),
    headers: pageHeaders(config, policyOf(page)),
  }
}

/** For pages that are made of one document and files of our own; nothing here is a form. */
function policyOf({ nonce }: DocsPage): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    ...(nonce
      ? [`style-src 'self' 'nonce-${nonce}'`, "style-src-attr 'unsafe-inline'"]
      : ["style-src 'self'"]),
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

interface Surroundings {
  appName: string
  /** Where the name of the product leads. */
  home: string
  theme: 'light' | 'dark' | ''
}

async function draw(page: DocsPage, { appName, home, theme }: Surroundings): Promise<string> {
  const styles = await Promise.all(
    ['tokens.css' as const, 'docs.css' as const, ...page.styles].map(addressOf),
  )
  const scripts = await Promise.all(page.scripts.map(addressOf))
  const icon = `data:image/svg+xml,${encodeURIComponent(mark.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"'))}`
  return `<!doctype html>
<html lang="en" id="docs" class="${theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${page.title} · ${appName}`)}</title>
<link rel="icon" href="${icon}">
${styles.map((address) => `<link rel="stylesheet" href="${address}">`).join('\n')}
<script src="${await addressOf('theme.js')}"></script>
${scripts.map((address) => `<script src="${address}" defer></script>`).join('\n')}
</head>
<body>
<a class="skip" href="#main">Skip to main content</a>
<header class="bar">
<a class="home" href="${home}">${mark}<span>${escapeHtml(appName)}</span></a>
<nav aria-label="For developers">${pages.map((one) => link(one, page.path)).join('')}</nav>
${themeSwitch(theme)}
</header>
<main id="main" tabindex="-1"${page.nonce ? ` nonce="${page.nonce}"` : ''}>
${page.main}
</main>
</body>
</html>
`
}

function link({ path, name }: (typeof pages)[number], current: string): string {
  return `<a href="${path}"${path === current ? ' aria-current="page"' : ''}>${name}</a>`
}

/** Hidden until the script that makes it work is there; without it the system decides. */
function themeSwitch(theme: Surroundings['theme']): string {
  const choices = Object.entries(themes).map(([value, { name, picture }]) => {
    const checked = value === (theme || 'system') ? ' checked' : ''
    const drawn = `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">${picture}</svg>`
    return `<label><input type="radio" name="theme" value="${value}"${checked}>${drawn}<span>${name}</span></label>`
  })
  return `<fieldset class="themes" hidden><legend>Theme</legend>${choices.join('')}</fieldset>`
}

/** What stands where a script draws. Not a noscript element: that is also about scripts that were kept from loading. */
export function needsScripts(what: string): string {
  return `<p class="note unscripted">${what} needs JavaScript. <a href="/docs/start">Start</a> does not, and
<a href="/openapi.json">openapi.json</a> is the document itself.</p>`
}
