/** The colours of the pages (app/globals.css), as mail programs can use them: light in each tag, dark by media query. */
export const light = {
  background: '#f8faf9',
  card: '#ffffff',
  muted: '#eef3f0',
  foreground: '#0b1f2a',
  mutedForeground: '#4a5a63',
  border: '#d5deda',
  primary: '#33692f',
  primaryForeground: '#ffffff',
  link: '#00679a',
  warningSurface: '#fff7e6',
  warningText: '#7a4300',
}

export const dark: typeof light = {
  background: '#061720',
  card: '#0c2230',
  muted: '#12303f',
  foreground: '#e8f1ee',
  mutedForeground: '#a3b5b9',
  border: '#1f4254',
  primary: '#8bc68a',
  primaryForeground: '#06210a',
  link: '#5cc8f5',
  warningSurface: '#33240a',
  warningText: '#fbc56d',
}

export const brand = '#6aa469'
export const brandForeground = '#06210a'

export const fontFamily =
  "Inter, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
export const monoFamily = "ui-monospace, 'SF Mono', Menlo, Consolas, monospace"

/**
 * The dark half, by class: what stands in a tag wins over a style sheet unless that is important. Apple Mail and others
 * use the media query, Outlook.com its attributes.
 */
export const styleSheet = [
  ':root { color-scheme: light dark; supported-color-schemes: light dark; }',
  `@media (prefers-color-scheme: dark) { ${darkRules('')} }`,
  darkRules('[data-ogsc] '),
  '@media (max-width: 480px) { .card { padding: 24px 20px !important; } .page { padding: 12px 8px !important; } }',
].join('\n')

function darkRules(below: string): string {
  return [
    `${below}.ground { background-color: ${dark.background} !important; }`,
    `${below}.card { background-color: ${dark.card} !important; border-color: ${dark.border} !important; }`,
    `${below}.text { color: ${dark.foreground} !important; }`,
    `${below}.quiet { color: ${dark.mutedForeground} !important; }`,
    `${below}.link { color: ${dark.link} !important; }`,
    `${below}.line { border-color: ${dark.border} !important; }`,
    `${below}.box { background-color: ${dark.muted} !important; }`,
    `${below}.button { background-color: ${dark.primary} !important; color: ${dark.primaryForeground} !important; }`,
    `${below}.warning { background-color: ${dark.warningSurface} !important; color: ${dark.warningText} !important; }`,
    `${below}.warning a { color: ${dark.warningText} !important; }`,
  ].join('\n')
}
