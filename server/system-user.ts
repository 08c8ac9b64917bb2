import { execFileSync } from 'node:child_process'
import { startRefusal } from './start-refusal.ts'

export interface SystemUser {
  uid: number
  gid: number
}

const name = 'postgres'

/**
 * PostgreSQL refuses to run as root. The system user it runs as instead: `postgres`, made if it is missing.
 *
 * @returns null when this process is not root (or the system has no such thing): then it runs as we do
 * @throws Error with a sentence when the user cannot be made
 */
export function databaseSystemUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null
  return find() ?? make()
}

function find(): SystemUser | null {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return null
  }
}

function make(): SystemUser {
  const attempts: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]],
    // Alpine
    ['adduser', ['-S', '-D', '-H', name]],
  ]
  for (const [command, options] of attempts) {
    try {
      execFileSync(/*turbopackIgnore: true*/ command, options, { stdio: 'ignore' })
      const user = find()
      if (user) return user
    } catch {
      // The next command may be the one this system has.
    }
  }
  throw startRefusal(
    `The system user "${name}" is needed to run the database as root, and could not be made. Make it, or start as another user.`,
  )
}
