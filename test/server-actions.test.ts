import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serverActionsOf, serverDirectivesOf } from './support/server-actions.ts'
import { readSourceTree } from './support/source-tree.ts'

test('no source declares a Server Action: with one, a foreign page or a broken form is a 500 on every page', () => {
  const sources = readSourceTree().filter(({ path }) => /^(app|components|lib|server|[\w.]+\.ts$)/.test(path))

  expect(sources.length).toBeGreaterThan(150)
  expect(sources.flatMap(({ path, text }) => serverDirectivesOf(path, text))).toEqual([])
})

test.each([
  ['at the top', `'use server'\nexport async function act() {}\n`],
  ['in double quotes', `"use server";\nexport async function act() {}\n`],
  ['below a comment', `// first\n'use server'\nexport async function act() {}\n`],
  [
    'in a function',
    `export function Page() {\n  async function act() {\n    'use server'\n  }\n  return act\n}\n`,
  ],
  ['in an arrow', `export const act = async () => {\n  'use server'\n}\n`],
])('a planted one is found: %s', (_, text) => {
  expect(serverDirectivesOf('app/planted/page.tsx', text)).toHaveLength(1)
})

test('words about one are none', () => {
  const text = `// 'use server'\nexport const sentence = 'use server'\nexport const other = <p>use server</p>\n`

  expect(serverDirectivesOf('app/planted/page.tsx', text)).toEqual([])
})

test('one in the manifest of a build is found, be it of the whole, of a page, or for the edge', () => {
  const build = mkdtempSync(join(tmpdir(), 'session-management-build-'))
  onTestFinished(() => rmSync(build, { recursive: true }))
  const page = 'app/login/page/server-reference-manifest.json'
  mkdirSync(join(build, 'server', 'app', 'login', 'page'), { recursive: true })
  const write = (file: string, manifest: object) =>
    writeFileSync(join(build, 'server', file), JSON.stringify({ node: {}, edge: {}, ...manifest }))
  write('server-reference-manifest.json', { node: { '00aa': { workers: {} } } })
  write(page, { edge: { '00bb': { workers: {} } } })

  const { manifests, actions } = serverActionsOf(build)

  expect(manifests).toBe(2)
  expect(actions.toSorted()).toEqual([`${page} 00bb`, 'server-reference-manifest.json 00aa'])
})
