import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '#lib/crypto/secret.ts'
import { type EmbeddedDatabase, startEmbeddedDatabase } from '#server/embedded-database.ts'
import { until } from './process-server.ts'

/** A real PostgreSQL that may be stopped, killed and frozen; it keeps its data, as a user's would. */
export interface OwnPostgres {
  start(): Promise<EmbeddedDatabase>
  /** As the machine would at the end of its memory. Resolves when it is gone. */
  kill(): Promise<void>
  /** SIGSTOP or SIGCONT to the postmaster and every backend; each of those is a group of its own. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Removes its data; to be stopped before. */
  remove(): void
}

export function createOwnPostgres(): OwnPostgres {
  const dataPath = mkdtempSync(join(tmpdir(), 'session-management-postgres-'))
  const postmasterPid = () =>
    Number(readFileSync(join(dataPath, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
  return {
    start: () =>
      startEmbeddedDatabase({ root: process.cwd(), dataPath, password: new Secret('only-for-this-test') }),
    async kill() {
      const pid = postmasterPid()
      process.kill(pid, 'SIGQUIT')
      await until(
        () => !isRunning(pid),
        10_000,
        () => 'postgres still runs',
      )
    },
    signal(signal) {
      const postmaster = postmasterPid()
      const backends = execFileSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' })
      for (const pid of [postmaster, ...backends.trim().split('\n').map(Number)]) process.kill(pid, signal)
    },
    remove: () => rmSync(dataPath, { recursive: true, force: true }),
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
