// Bundles the servers with esbuild. Packages stay outside: they are installed anyway, and some are native.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const entries = { headless: 'server/headless.ts' }
const sourceFolders = ['bin', 'db', 'lib', 'server']
const sourceFiles = ['package.json', 'package-lock.json', 'tsconfig.json']
const output = join(root, 'dist')
const stamp = join(output, 'build.stamp')

/** Builds what is stale: the sources, the lock file or the Node version differ from those of the last build. */
export async function buildIfStale() {
  const fingerprint = fingerprintOfSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return
  process.stdout.write('Building …\n')
  const { build } = await import('esbuild')
  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: output,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: true,
    logLevel: 'warning',
  })
  writeFileSync(stamp, fingerprint)
}

function fingerprintOfSources() {
  const hash = createHash('sha256').update(process.versions.node)
  const files = [...sourceFiles, ...sourceFolders.flatMap(filesBelow)]
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
}
