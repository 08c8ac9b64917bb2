import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { canConnect } from '#db/migrate.ts'
import { sha256 } from '#lib/crypto/digest.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { giveDataDirectory } from './data-directory.ts'
import { findBinaries, type PostgresBinaries } from './embedded-binaries.ts'
import { freePort } from './free-port.ts'
import { startRefusal } from './start-refusal.ts'
import { databaseSystemUser, type SystemUser } from './system-user.ts'

export interface EmbeddedDatabase {
  url: Secret
  /** Where the data lies. */
  directory: string
  stop(): Promise<void>
}

export interface EmbeddedDatabaseOptions {
  /** Root of the clone: where node_modules is. */
  root: string
  /** Belongs to this server alone. */
  dataPath: string
  password: Secret
  /** Server settings, such as those of a test that may lose its data. */
  settings?: Record<string, string>
}

const role = 'session_management'
const databaseName = 'session_management'
const startTimeoutMs = 30_000
const stopSignals = [
  { signal: 'SIGTERM', withinMs: 1000 },
  { signal: 'SIGINT', withinMs: 10_000 },
] as const
/** sockaddr_un holds 104 bytes on macOS, 108 on Linux, the file name included. */
const socketDirectoryLengthMax = 85

/**
 * Starts the PostgreSQL of trial mode, on a Unix socket where the platform has them, and makes its cluster first.
 * One that an earlier, killed server left running is taken over.
 *
 * @throws Error with a sentence for what a person has to mend
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const user = databaseSystemUser()
  const binaries = findBinaries(options.root, user)
  const base = baseDirectory(options.dataPath, binaries, user)
  const cluster = join(base, 'postgres')
  if (!existsSync(join(cluster, 'PG_VERSION'))) initialise(binaries, cluster, options.password, user)
  const address = await addressOf(base, user)
  const url = new Secret(urlOf(address, options.password))
  const survivor = await takeOver(cluster, url)
  const pid = survivor ?? (await start(binaries, cluster, { ...options, base, address, user, url }))
  return { url, directory: cluster, stop: () => stop(pid) }
}

/** The database of a server that runs on this data already; null when none answers. Starts nothing. */
export async function findEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<Secret | null> {
  const user = databaseSystemUser()
  const base = baseDirectory(options.dataPath, findBinaries(options.root, user), user)
  const lock = join(base, 'postgres', 'postmaster.pid')
  if (!existsSync(lock)) return null
  const port = Number(readFileSync(lock, 'utf8').split('\n')[3])
  const address: Address =
    process.platform === 'win32'
      ? { kind: 'tcp', port }
      : { kind: 'socket', directory: socketDirectory(base) }
  const url = new Secret(urlOf(address, options.password))
  return (await canConnect(url.reveal())) ? url : null
}

/** `.data` itself, or a directory outside the clone when the database's user cannot enter that. */
function baseDirectory(
  dataPath: string,
  { sharedDirectory }: PostgresBinaries,
  user: SystemUser | null,
): string {
  if (!user) return dataPath
  const base = sharedDirectory ? join(sharedDirectory, shortHash(dataPath)) : dataPath
  mkdirSync(base, { recursive: true, mode: 0o700 })
  giveDataDirectory(base, user)
  return base
}

function shortHash(text: string): string {
  return sha256(text).toString('hex').slice(0, 12)
}

/** Made aside and moved into place, so that a cluster that was cut short is never taken for a whole one. */
function initialise(
  binaries: PostgresBinaries,
  cluster: string,
  password: Secret,
  user: SystemUser | null,
): void {
  const aside = `${cluster}.new`
  const passwordFile = `${cluster}.password`
  rmSync(aside, { recursive: true, force: true })
  writeFileSync(passwordFile, password.reveal(), { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  const result = spawnSync(
    binaries.initdb,
    [
      ...['--pgdata', aside, '--username', role, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      // Unicode case rules that do not depend on what the system has installed.
      ...[
        '--encoding',
        'UTF8',
        '--locale-provider',
        'builtin',
        '--builtin-locale',
        'C.UTF-8',
        '--locale',
        'C',
      ],
    ],
    { ...user, cwd: '/', encoding: 'utf8' },
  )
  rmSync(passwordFile, { force: true })
  if (result.status !== 0) {
    throw startRefusal(`The embedded database could not be made: ${result.stderr || result.error?.message}`)
  }
  renameSync(aside, cluster)
}

type Address = { kind: 'socket'; directory: string } | { kind: 'tcp'; port: number }

async function addressOf(base: string, user: SystemUser | null): Promise<Address> {
  if (process.platform === 'win32') return { kind: 'tcp', port: await freePort() }
  const directory = socketDirectory(base)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (user) chownSync(directory, user.uid, user.gid)
  return { kind: 'socket', directory }
}

function socketDirectory(base: string): string {
  const inBase = join(base, 'socket')
  if (inBase.length <= socketDirectoryLengthMax) return inBase
  return join(tmpdir(), `session-management-${shortHash(base)}`)
}

function urlOf(address: Address, password: Secret): string {
  const host = address.kind === 'socket' ? encodeURIComponent(address.directory) : `127.0.0.1:${address.port}`
  return `postgresql://${role}:${encodeURIComponent(password.reveal())}@${host}/${databaseName}`
}

/** @returns the process id of a server that already runs on this cluster and lets us in; removes a stale lock */
async function takeOver(cluster: string, url: Secret): Promise<number | null> {
  const lock = join(cluster, 'postmaster.pid')
  if (!existsSync(lock)) return null
  const pid = Number(readFileSync(lock, 'utf8').split('\n', 1)[0])
  if (await canConnect(url.reveal())) return pid
  const commandLine = `/proc/${pid}/cmdline`
  const isAnotherProgram = existsSync(commandLine) && !readFileSync(commandLine, 'utf8').includes('postgres')
  // PostgreSQL itself removes the lock of a dead process, but not one whose number a stranger has now.
  if (isAnotherProgram) rmSync(lock)
  return null
}

async function start(
  { postgres }: PostgresBinaries,
  cluster: string,
  options: EmbeddedDatabaseOptions & { base: string; address: Address; user: SystemUser | null; url: Secret },
): Promise<number> {
  const { address, user, url } = options
  const settings = {
    ...(address.kind === 'socket'
      ? { listen_addresses: '', unix_socket_directories: address.directory, unix_socket_permissions: '0700' }
      : { listen_addresses: '127.0.0.1', port: String(address.port) }),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const logFile = join(options.base, 'postgres.log')
  const output = openSync(logFile, 'a', 0o600)
  // Detached: Ctrl-C in the terminal reaches us only, and the database stops after the last request.
  const child = spawn(postgres, ['-D', cluster, ...flags], {
    ...user,
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
  })
  child.unref()
  await untilReady(child, url, logFile)
  return child.pid ?? 0
}

async function untilReady(child: ChildProcess, url: Secret, logFile: string): Promise<void> {
  let failure: string | null = null
  child.once('error', (error) => {
    failure = error.message
  })
  child.once('exit', (code) => {
    failure = `it exited with ${code}`
  })
  const deadlineMs = performance.now() + startTimeoutMs
  while (performance.now() < deadlineMs && failure === null) {
    if (await canConnect(url.reveal())) return
    await pause(25)
  }
  throw startRefusal(
    `The embedded database did not start: ${failure ?? 'it does not answer'}. See ${logFile}`,
  )
}

/**
 * Lets connections that were closed on our side end by themselves, for a second; those that are left are cut. Nothing is
 * lost by either (PostgreSQL's smart and fast shutdown).
 */
async function stop(pid: number): Promise<void> {
  try {
    for (const { signal, withinMs } of stopSignals) {
      process.kill(pid, signal)
      const deadlineMs = performance.now() + withinMs
      while (performance.now() < deadlineMs) {
        await pause(25)
        process.kill(pid, 0)
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
