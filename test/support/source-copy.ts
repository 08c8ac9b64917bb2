import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const folders = ['app', 'bin', 'components', 'db', 'emails', 'lib', 'server']
const files = [
  // Tailwind reads whatever this does not name, also the socket of the database.
  '.gitignore',
  'instrumentation.ts',
  'next.config.ts',
  'package.json',
  'package-lock.json',
  'postcss.config.mjs',
  'proxy.ts',
  'tsconfig.json',
]

/** The sources, to be changed by one test; the packages are those of the clone. */
export function copySources(): string {
  const copy = mkdtempSync(join(realpathSync(tmpdir()), 'session-management-copy-'))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  chmodSync(copy, 0o755)
  for (const name of [...folders, ...files]) cpSync(name, join(copy, name), { recursive: true })
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'))
  // Next compiles what is below its root only, and here that has to hold the packages too.
  changeSource(copy, 'next.config.ts', 'poweredByHeader', "turbopack: { root: '/' },\n  poweredByHeader")
  return copy
}

export function changeSource(copy: string, file: string, old: string, fresh: string): void {
  const text = readFileSync(join(copy, file), 'utf8')
  if (!text.includes(old)) throw new Error(`${file} has no ${old}`)
  writeFileSync(join(copy, file), text.replace(old, fresh))
}
