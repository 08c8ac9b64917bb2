import { readdirSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig } from '#lib/config/read-config.ts'
import { environmentNames, environmentSchema } from '#lib/config/schema.ts'
import { contracts } from '#lib/contracts.ts'
import { type ProblemCode, problems } from '#lib/problems.ts'

const read = (file: string) => readFileSync(file, 'utf8')

test('.env.example explains every setting with the line of the schema, in its order, and no other', () => {
  const lines = read('.env.example').split('\n')
  const explained = lines.flatMap((line, index) => {
    const name = /^(?:# )?([A-Z][A-Z_]+)=/.exec(line)?.[1]
    return name ? [{ name, purpose: lines[index - 1]?.slice(2) }] : []
  })

  const known = environmentNames.map((name) => ({ name, purpose: environmentSchema.shape[name].description }))
  expect(explained).toEqual(known)
})

test('.env.example as it is does not start a server: what it shows is published', () => {
  const outcome = readConfig(parseEnv(read('.env.example')), null)

  expect(outcome.kind).toBe('refused')
  expect(outcome.kind === 'refused' && outcome.problems.map(({ setting }) => setting)).toEqual([
    'AUTH_SECRET',
  ])
})

test('the README has a row for every setting, with the line of the schema', () => {
  const readme = read('README.md')
  for (const name of environmentNames) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
    expect(row, name).toContain(`| ${environmentSchema.shape[name].description} |`)
  }
})

test('every problem code has a page with its status, and every page a code', () => {
  const pages = readdirSync('docs/errors').map((file) => file.replace(/\.md$/, ''))

  expect(pages.toSorted()).toEqual(Object.keys(problems).toSorted())
  for (const [code, { status }] of Object.entries(problems)) {
    const page = read(`docs/errors/${code}.md`)
    expect(page).toContain(`# \`${code}\``)
    expect(page).toContain(`Status ${status}.`)
  }
})

test('every problem has a sentence for people', () => {
  for (const code of Object.keys(problems) as ProblemCode[]) {
    expect(problems[code].detail.length, code).toBeGreaterThan(10)
  }
})

test('docs/requests.http has a request for every operation', () => {
  const requests = read('docs/requests.http')
  for (const { method, path } of contracts) {
    const pattern = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[a-z_]+\}/, '\\{\\{[^\\n]+\\}\\}')
    expect(requests).toMatch(new RegExp(`^${method} \\{\\{server\\}\\}${pattern}(\\?\\S+)?$`, 'm'))
  }
})

test('dependencies are pinned to exact versions, and the lock file names no registry', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  for (const [name, version] of Object.entries<string>({ ...dependencies, ...devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  }
  expect(read('package-lock.json')).not.toContain('"resolved"')
})

test('versions are at or above the floors that advisories set', () => {
  const { dependencies } = JSON.parse(read('package.json'))
  const floors: Record<string, string> = {
    'drizzle-orm': '0.45.2',
    next: '16.2.6',
    'next-auth': '5.0.0-beta.32',
    nodemailer: '8.0.5',
  }
  for (const [name, floor] of Object.entries(floors)) {
    const version = dependencies[name] ?? floor
    expect(version.localeCompare(floor, 'en', { numeric: true }), name).toBeGreaterThanOrEqual(0)
  }
})
