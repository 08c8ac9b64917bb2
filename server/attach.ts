import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadEnvironment } from '#lib/config/env.ts'
import { readConfig } from '#lib/config/read-config.ts'
import { Problem } from '#lib/problems.ts'
import { findRunningServer } from './data-directory.ts'
import { findEmbeddedDatabase } from './embedded-database.ts'
import { isStrictEnvironment, type Preparation, placeholders, prepare, requireConfig } from './prepare.ts'

export type Attachment = Pick<Preparation, 'config' | 'warnings' | 'release'>

/**
 * What an operator's command needs of the server of this folder: its configuration, and in trial its database. Beside a
 * running server it takes nothing away; where none runs, the embedded database is started for as long as the command.
 *
 * @param root  of the clone
 * @throws a start refusal with all problems of the configuration, or Problem `unavailable` with a sentence
 */
export async function attach(root: string): Promise<Attachment> {
  const { variables, warnings } = loadEnvironment(root)
  if (isStrictEnvironment(variables)) return prepare(root)
  requireConfig(readConfig(variables, placeholders), warnings)
  requireOwner(join(root, '.data'))
  const needsDatabase = !variables['DATABASE_URL']
  const running = findRunningServer(root)
  if (!running) {
    if (needsDatabase) requireTrial(root)
    return prepare(root)
  }
  const { pid, path, authSecret, databasePassword } = running
  const databaseUrl = needsDatabase
    ? await findEmbeddedDatabase({ root, dataPath: path, password: databasePassword })
    : null
  if (needsDatabase && !databaseUrl) {
    const detail = `The server of this folder (process ${pid}) runs, but its database does not answer yet. Try again.`
    throw new Problem('unavailable', { detail })
  }
  return {
    ...requireConfig(readConfig(variables, { authSecret, databaseUrl }), warnings),
    release: async () => {},
  }
}

function requireTrial(root: string): void {
  if (existsSync(join(root, '.data', 'secrets.json'))) return
  const detail =
    'DATABASE_URL is not set, and no trial was started in this folder yet. Start the server first: npm start'
  throw new Problem('unavailable', { detail })
}

/** `.data/` is its owner's alone. */
function requireOwner(path: string): void {
  if (!existsSync(path)) return
  try {
    accessSync(path, constants.R_OK | constants.X_OK)
  } catch (error) {
    const detail = `${path} belongs to another user. Run this as the user that runs the server.`
    throw new Problem('unavailable', { detail, cause: error })
  }
}
