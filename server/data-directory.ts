import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from '#lib/crypto/random.ts'
import { Secret } from '#lib/crypto/secret.ts'

/** What trial and development keep between starts, in `.data/`, readable by its owner only. */
export interface DataDirectory {
  path: string
  authSecret: Secret
  databasePassword: Secret
  /** Gives the lock back. */
  release(): void
}

export type DataDirectoryOutcome = { kind: 'opened'; data: DataDirectory } | { kind: 'taken'; pid: number }

const secretBytes = 48

/**
 * What the server of this folder made, while one runs, for a process beside it. Takes no lock and makes nothing.
 *
 * @returns null when none runs
 */
export function findRunningServer(root: string): (Omit<DataDirectory, 'release'> & { pid: number }) | null {
  const path = join(root, '.data')
  const pid = existsSync(lockFile(path)) ? Number(readFileSync(lockFile(path), 'utf8')) : 0
  const secretsFile = join(path, 'secrets.json')
  if (!isServerRunning(pid) || !existsSync(secretsFile)) return null
  const { authSecret, databasePassword } = readOrMakeSecrets(secretsFile)
  return {
    pid,
    path,
    authSecret: new Secret(authSecret),
    databasePassword: new Secret(databasePassword),
  }
}

/** Opens the directory for this process alone; 'taken' when another server of this clone runs. */
export function openDataDirectory(root: string): DataDirectoryOutcome {
  const path = join(root, '.data')
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  const holder = takeLock(path)
  if (holder !== null) return { kind: 'taken', pid: holder }
  const secrets = readOrMakeSecrets(join(path, 'secrets.json'))
  const release = () => rmSync(lockFile(path), { force: true })
  return {
    kind: 'opened',
    data: {
      path,
      authSecret: new Secret(secrets.authSecret),
      databasePassword: new Secret(secrets.databasePassword),
      release,
    },
  }
}

/** Lets another system user (the one the database runs as) enter the directory, and nobody else. */
export function giveDataDirectory(path: string, owner: { uid: number; gid: number }): void {
  chownSync(path, owner.uid, owner.gid)
}

function lockFile(path: string): string {
  return join(path, 'server.pid')
}

/** @returns null when the lock is ours now, else the process that holds it */
function takeLock(path: string): number | null {
  const file = lockFile(path)
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 })
    return null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = Number(readFileSync(file, 'utf8'))
  if (holder !== process.pid && isServerRunning(holder)) return holder
  rmSync(file, { force: true })
  return takeLock(path)
}

/** A process id is used again after a while: on Linux we look whether it is a Node process at all; Next renames its own. */
function isServerRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const commandLine = `/proc/${pid}/cmdline`
  return (
    !existsSync('/proc/self') ||
    (existsSync(commandLine) && /node|next-server/.test(readFileSync(commandLine, 'utf8')))
  )
}

function readOrMakeSecrets(file: string): { authSecret: string; databasePassword: string } {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const secrets = {
    authSecret: randomBytes(secretBytes).toString('base64url'),
    databasePassword: randomBytes(secretBytes).toString('base64url'),
  }
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  return secrets
}
