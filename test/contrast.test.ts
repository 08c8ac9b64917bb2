import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readSourceTree } from './support/source-tree.ts'

const css = readFileSync('app/globals.css', 'utf8')
const tokenFile = 'lib/theme/tokens.css'
const sides = ['light', 'dark'] as const
type Side = (typeof sides)[number]

/** The tokens as the style sheet has them: one colour for both sides, or `light-dark(light, dark)`. */
function readTokens(text: string): Map<string, Record<Side, string>> {
  const root = /:root \{([^}]*)\}/.exec(text)?.[1] ?? ''
  const colour = '(#[0-9a-f]{6})'
  const pattern = new RegExp(`--([\\w-]+): (?:light-dark\\(${colour}, ${colour}\\)|${colour});`, 'g')
  return new Map(
    [...root.matchAll(pattern)].map(([, name = '', light, dark, both = '']) => [
      name,
      { light: light ?? both, dark: dark ?? both },
    ]),
  )
}

const tokens = readTokens(readFileSync(tokenFile, 'utf8'))
const components = readSourceTree().filter(({ path }) => /^(app|components)\/.*\.tsx$/.test(path))

function colourOf(name: string, side: Side): string {
  const colour = tokens.get(name)?.[side]
  if (!colour) throw new Error(`${tokenFile} has no colour called ${name}`)
  return colour
}

const channelsOf = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map((channel) => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

/** A colour that lets the one behind it through. */
function over(front: string, behind: string, opacity: number): string {
  const back = channelsOf(behind)
  const mixed = channelsOf(front).map((channel, at) =>
    Math.round(channel * opacity + (back[at] ?? 0) * (1 - opacity)),
  )
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}

const text = 4.5
const shape = 3

/** What stands on what: [front, grounds]. */
const texts: [string, string[]][] = [
  ['foreground', ['background', 'card', 'muted']],
  ['muted-foreground', ['background', 'card', 'muted']],
  ['link', ['background', 'card', 'muted']],
  ['link-hover', ['background', 'card']],
  ['primary-foreground', ['primary', 'primary-hover']],
  ['destructive-foreground', ['destructive']],
  ['danger-text', ['danger-surface', 'background', 'card']],
  ['success-text', ['success-surface']],
  ['warning-text', ['warning-surface', 'card']],
  ['info-text', ['info-surface']],
  ['panel-foreground', ['panel']],
  ['panel-accent', ['panel']],
]

/** Edges and shapes without which a control or a state would not be seen. */
const shapes: [string, string[]][] = [
  ['input-border', ['background', 'card']],
  ['primary', ['background', 'card']],
  ['destructive', ['background', 'card']],
  ['ring', ['background', 'card', 'muted']],
  ['panel-ring', ['panel']],
]

for (const side of sides) {
  describe(`in the ${side} theme`, () => {
    for (const [pairs, least, kind] of [
      [texts, text, 'text'],
      [shapes, shape, 'shape'],
    ] as const) {
      for (const [front, grounds] of pairs) {
        test.each(grounds)(`the ${kind} ${front} is seen on %s`, (ground) => {
          const ratio = contrast(colourOf(front, side), colourOf(ground, side))
          expect(ratio, `${front} on ${ground}: ${ratio.toFixed(2)}`).toBeGreaterThanOrEqual(least)
        })
      }
    }

    test('the mark is seen on its tile, and the tile on the panel', () => {
      const mark = /fill="none" stroke="(#[0-9a-f]{6})"/.exec(readFileSync('app/icon.svg', 'utf8'))?.[1] ?? ''

      expect(contrast(mark, colourOf('brand', side))).toBeGreaterThanOrEqual(shape)
      expect(contrast(colourOf('brand', side), colourOf('panel', side))).toBeGreaterThanOrEqual(shape)
    })

    test('the label of a destructive button is read while the pointer is on it, at 90 %', () => {
      const card = colourOf('card', side)
      const label = over(colourOf('destructive-foreground', side), card, 0.9)
      const button = over(colourOf('destructive', side), card, 0.9)

      expect(contrast(label, button)).toBeGreaterThanOrEqual(text)
    })
  })
}

test('wherever a component names a ground and a text together, the text is read on it', () => {
  const classes = components.flatMap(({ text: source }) => source.match(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g) ?? [])
  const pairs = classes.flatMap((one) => {
    const names = (kind: string) =>
      [...one.matchAll(new RegExp(`(?<![\\w:-])${kind}-([\\w-]+)`, 'g'))]
        .map(([, name = '']) => name)
        .filter((name) => tokens.has(name))
    return names('bg').flatMap((ground) => names('text').map((front) => [front, ground] as const))
  })

  expect(pairs.length).toBeGreaterThan(8)
  for (const [front, ground] of pairs) {
    for (const side of sides) {
      const ratio = contrast(colourOf(front, side), colourOf(ground, side))
      expect(ratio, `text-${front} on bg-${ground}, ${side}`).toBeGreaterThanOrEqual(text)
    }
  }
})

test('every colour is a token: no component has one of its own, and each token has a class', () => {
  const own = components.flatMap(({ path, text: source }) =>
    (source.match(/#[0-9a-f]{3,8}\b/gi) ?? []).map((colour) => `${path} ${colour}`),
  )
  const themed = new Set([...css.matchAll(/--color-([\w-]+): var\(--\1\)/g)].map(([, name]) => name))

  // Signs have the colours of whom they stand for.
  const ofSigns = /^(components\/ui\/logo|components\/auth\/provider-mark|app\/layout)\.tsx /
  expect(own.filter((one) => !ofSigns.test(one))).toEqual([])
  expect([...tokens.keys()].filter((name) => !themed.has(name))).toEqual([])
  expect(tokens.size).toBeGreaterThan(25)
})

test('the browser is told of the grounds that the tokens have', () => {
  const told = [...readFileSync('app/layout.tsx', 'utf8').matchAll(/color: '(#[0-9a-f]{6})'/g)].map(
    ([, one]) => one,
  )

  expect(told).toEqual([colourOf('panel', 'light'), colourOf('background', 'dark')])
})

test('the sum is the one of WCAG: known pairs come out as known, and pairs that fail are found to', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  for (const [front, ground, ratio] of [
    ['#ffffff', '#6aa469', 2.95],
    ['#ffffff', '#4a8449', 4.48],
    ['#00a8e8', '#ffffff', 2.7],
  ] as const) {
    expect(contrast(front, ground)).toBeCloseTo(ratio, 1)
    expect(contrast(front, ground)).toBeLessThan(text)
  }
})
