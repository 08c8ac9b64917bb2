import { describe, expect, test } from 'vitest'
import { mailSamples } from '#emails/samples.ts'
import { dark, light } from '#emails/theme.ts'
import { linkKinds, linkUrl } from '#lib/links/link-lifetime.ts'
import { type MailTemplate, mailTemplates, templateLinks } from './mail-templates.ts'
import { renderMail } from './render.tsx'

const pagesUrl = 'https://auth.example.com'

function render(template: MailTemplate, change: Record<string, string | null> = {}) {
  const purpose = templateLinks[template]
  return renderMail(template, {
    appName: 'Example Auth',
    pagesUrl,
    url: purpose && linkUrl(pagesUrl, purpose, 'token-of-the-test'),
    code: purpose && linkKinds[purpose].hasCode ? '012345' : null,
    props: { ...mailSamples[template], ...change },
  })
}

describe.each(mailTemplates)('%s', (template) => {
  test('says the product, when, from which device and from which address, and what to do if it was not you, in both parts', async () => {
    const { subject, html, text } = await render(template)
    const sample: Record<string, string | null> = { ...mailSamples[template] }

    expect(subject).toContain('Example Auth')
    expect(text).toContain('Example Auth')
    if (!('at' in sample)) return
    for (const part of [html.replaceAll('&amp;', '&'), text]) {
      expect(part).toContain('22 November 2026, 09:05 UTC')
      expect(part).toContain(sample['device'] ?? 'not known')
      expect(part).toContain(sample['address'] ?? 'not known')
      expect(part).toContain('Not you?')
    }
  })

  test('carries its link and its code in both parts, and no picture, script or address of anybody else', async () => {
    const { html, text } = await render(template)
    const purpose = templateLinks[template]

    for (const part of [html, text]) {
      if (purpose) expect(part).toContain(linkUrl(pagesUrl, purpose, 'token-of-the-test'))
      else expect(part).not.toContain('token=')
      expect(part.includes('012345')).toBe(purpose !== null && linkKinds[purpose].hasCode)
    }
    expect(html).not.toMatch(/<img|<script|<link|@import|url\(/i)
    const addresses = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address = '']) => address)
    expect(addresses.length).toBeGreaterThan(0)
    for (const address of addresses) expect(address.startsWith(`${pagesUrl}/`), address).toBe(true)
  })

  test('shows what it is told as text, and fails without what it needs', async () => {
    const sample: Record<string, string | null> = { ...mailSamples[template] }
    const name = 'device' in sample ? 'device' : 'username'
    const { html } = await render(template, { [name]: '<b onclick="x">&' })

    expect(html).not.toContain('<b onclick')
    expect(html).toContain('&lt;b onclick')
    if ('at' in sample) await expect(render(template, { at: 'yesterday' })).rejects.toThrow('needs a time')
  })
})

test('a message whose link is missing fails rather than goes out without it', async () => {
  const withLink = mailTemplates.filter((template) => templateLinks[template] !== null)
  for (const template of withLink) {
    const rendering = renderMail(template, {
      appName: 'Example Auth',
      pagesUrl,
      url: null,
      code: null,
      props: { ...mailSamples[template] },
    })
    await expect(rendering, template).rejects.toThrow('needs a link')
  }
})

test('no message that may go to an address that is not verified says a user name', () => {
  for (const template of mailTemplates) {
    if (template === 'welcome') continue
    expect(Object.keys(mailSamples[template])).not.toContain('username')
  }
})

test('what is in a style sheet arrives as it was written', async () => {
  const { html } = await render('verify_email')
  const [, sheet = ''] = /<style>([^<]*)<\/style>/.exec(html) ?? []

  expect(sheet).toContain('@media (prefers-color-scheme: dark)')
  expect(sheet).not.toContain('&')
})

test.each([
  ['light', light],
  ['dark', dark],
])('every text of the %s half has a contrast of at least 4.5', (_, half) => {
  const pairs = [
    [half.foreground, half.card],
    [half.foreground, half.muted],
    [half.mutedForeground, half.card],
    [half.mutedForeground, half.muted],
    [half.link, half.card],
    [half.primaryForeground, half.primary],
    [half.warningText, half.warningSurface],
  ] as const
  for (const [text, ground] of pairs)
    expect(contrast(text, ground), `${text} on ${ground}`).toBeGreaterThan(4.5)
})

/** WCAG 2.2, relative luminance. */
function contrast(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (bright + 0.05) / (dim + 0.05)
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
