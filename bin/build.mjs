// Builds what a start needs: our servers with esbuild, the pages with Next. Packages stay outside: they are installed
// anyway, and some are native.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { giveUp, root } from './root.mjs'

const entries = {
  headless: 'server/headless.ts',
  pages: 'server/pages.ts',
  worker: 'server/worker.ts',
}
const manifests = ['package.json', 'package-lock.json', 'tsconfig.json']

/** Each build: what it is made of, where it goes, how. A build is stale when any of its sources has changed. */
const builds = {
  servers: {
    folders: ['bin', 'db', 'emails', 'lib', 'server'],
    files: [],
    stamp: 'dist/build.stamp',
    make: bundleServers,
  },
  // After the servers, whose build begins with an empty folder.
  document: {
    folders: ['app', 'bin', 'lib'],
    files: [],
    stamp: 'dist/document.stamp',
    make: assembleDocument,
  },
  cli: {
    folders: ['bin', 'cli', 'db', 'emails', 'lib', 'server'],
    files: [],
    stamp: 'dist/cli.stamp',
    make: bundleCli,
  },
  pages: {
    folders: ['app', 'bin', 'components', 'db', 'emails', 'lib', 'server'],
    files: ['instrumentation.ts', 'next.config.ts', 'postcss.config.mjs', 'proxy.ts'],
    stamp: '.next/build.stamp',
    make: buildPages,
  },
}

/** Builds what is stale: the sources, the lock file or the Node version differ from those of the last build. */
export async function buildIfStale(...names) {
  for (const name of names) {
    const { folders, files, make } = builds[name]
    const stamp = join(root, builds[name].stamp)
    const fingerprint = fingerprintOf(folders, files)
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) continue
    // Not on standard output, which belongs to what is started.
    process.stderr.write(`Building the ${name} …\n`)
    await make()
    writeFileSync(stamp, fingerprint)
  }
}

const dist = join(root, 'dist')

async function bundleServers() {
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist, { recursive: true })
  await bundle({ entryPoints: entries, outdir: dist, splitting: true })
}

/** Beside the servers, which may be running from what is there: nothing of theirs is touched. */
async function bundleCli() {
  const aside = join(dist, `.cli-${process.pid}`)
  await bundle({ entryPoints: { cli: 'cli/cli.ts' }, outdir: aside, splitting: true })
  // Moved into place, so that another command never reads half of it.
  for (const file of readdirSync(aside)) renameSync(join(aside, file), join(dist, file))
  rmSync(aside, { recursive: true })
}

/** What /openapi.json answers: assembled from the contracts now, so that no server has to. */
async function assembleDocument() {
  mkdirSync(dist, { recursive: true })
  const aside = join(dist, `.document-${process.pid}`)
  try {
    await bundle({ entryPoints: { write: 'lib/openapi/write-document.ts' }, outdir: aside })
    const { writeDocument } = await import(pathToFileURL(join(aside, 'write.mjs')).href)
    writeDocument(root, join(aside, 'openapi.json'))
    renameSync(join(aside, 'openapi.json'), join(dist, 'openapi.json'))
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

async function bundle(options) {
  const { build, stop } = await import('esbuild')
  await build({
    ...options,
    absWorkingDir: root,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: true,
    logLevel: 'warning',
  })
  // Its compiler process would otherwise stay for as long as the server that this process starts.
  stop()
}

function buildPages() {
  const next = join(root, 'node_modules', 'next', 'dist', 'bin', 'next')
  const { status } = spawnSync(process.execPath, [next, 'build'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  })
  if (status !== 0) giveUp('The pages could not be built; Next says why above.')
}

function fingerprintOf(folders, files) {
  const hash = createHash('sha256').update(process.versions.node)
  for (const file of [...manifests, ...files, ...folders.flatMap(filesBelow)].toSorted()) {
    hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
}
