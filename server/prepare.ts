import type { Config } from '#lib/config/config.ts'
import { loadEnvironment, type Variables } from '#lib/config/env.ts'
import {
  type ConfigOutcome,
  type ConfigProblem,
  modeOf,
  type OwnSupplies,
  type ProcessFacts,
  readConfig,
} from '#lib/config/read-config.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { jobConnectionsMax } from '#lib/jobs/job-runner.ts'
import { systemClock } from '#lib/runtime/clock.ts'
import { usableCores, workersOf } from '#lib/runtime/cores.ts'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { type EmbeddedDatabase, startEmbeddedDatabase } from './embedded-database.ts'
import { startRefusal } from './start-refusal.ts'
import { describeProblems } from './start-up-screen.ts'

/** What a process has before it makes its runtime. */
export interface Preparation {
  config: Config
  warnings: ConfigProblem[]
  /** Settings that strict mode would miss or refuse; empty in strict mode. */
  missingForProduction: string[]
  embeddedDatabase: EmbeddedDatabase | null
  /** What the configuration was read from. */
  variables: Variables
  supplies: OwnSupplies | null
  /** Stops the embedded database and gives the data directory back. */
  release(): Promise<void>
}

/**
 * Reads the configuration and makes what trial and development bring along: secrets, and in trial the database.
 *
 * @param root  of the clone
 * @param environment  what was set before anybody read `.env`; default: that of this process
 * @param facts  what the process is; default: it has pages
 * @throws a start refusal with all problems of the configuration at once
 */
export async function prepare(
  root: string,
  environment?: Variables,
  facts?: ProcessFacts,
): Promise<Preparation> {
  const { variables, warnings } = loadEnvironment(root, environment)
  const isStrict = isStrictEnvironment(variables)
  const known = { hasPages: true, ...facts, now: systemClock.now() }
  // Judged before anything is made: a refused start leaves nothing behind.
  const judged = requireConfig(readConfig(variables, isStrict ? null : placeholders, known), warnings)
  const data = isStrict ? null : openData(root)
  try {
    return await prepareWith(root, variables, warnings, data, connectionsMax(judged.config))
  } catch (error) {
    data?.release()
    throw error
  }
}

const [connectionsMin, spareConnections] = [100, 20]

/**
 * Connections that the processes of this server open at most: a pool and a change feed each, those of the jobs, and some
 * for people and npm run worker.
 */
function connectionsMax({ workers, database }: Config): number {
  const processes = workersOf(workers, usableCores()) + 1
  return Math.max(connectionsMin, processes * (database.poolSize + 1) + jobConnectionsMax + spareConnections)
}

/** Stand in for what is not made yet. */
export const placeholders = {
  authSecret: new Secret('x'.repeat(48)),
  databaseUrl: new Secret('postgresql://embedded'),
}

async function prepareWith(
  root: string,
  variables: Variables,
  warnings: ConfigProblem[],
  data: DataDirectory | null,
  connections: number,
): Promise<Preparation> {
  const needsDatabase = !variables['DATABASE_URL'] && data !== null
  const embeddedDatabase = needsDatabase
    ? await startEmbeddedDatabase({
        root,
        dataPath: data.path,
        password: data.databasePassword,
        settings: { max_connections: String(connections) },
      })
    : null
  const supplies = data && { authSecret: data.authSecret, databaseUrl: embeddedDatabase?.url ?? null }
  const read = requireConfig(readConfig(variables, supplies), warnings)
  return {
    ...read,
    missingForProduction: data ? missingForProduction(variables) : [],
    embeddedDatabase,
    variables,
    supplies,
    async release() {
      await embeddedDatabase?.stop()
      data?.release()
    },
  }
}

/** Judges the same settings as strict mode would. */
function missingForProduction(variables: Variables): string[] {
  const database = variables['DATABASE_URL'] ? [] : ['DATABASE_URL']
  const strict = {
    ...variables,
    DATABASE_URL: variables['DATABASE_URL'] || 'postgresql://localhost/any',
    DEBUG: '',
  }
  const outcome = readConfig(strict, null)
  const others = outcome.kind === 'refused' ? outcome.problems.map(({ setting }) => setting) : []
  return [...new Set([...database, ...others])]
}

export function isStrictEnvironment(variables: Variables): boolean {
  const isDebug = /^(true|1|yes|on)$/i.test(variables['DEBUG'] ?? '')
  return modeOf({ DATABASE_URL: variables['DATABASE_URL'], DEBUG: isDebug }) === 'strict'
}

function openData(root: string): DataDirectory {
  const outcome = openDataDirectory(root)
  if (outcome.kind === 'opened') return outcome.data
  throw startRefusal(
    `A server of this folder is already running (process ${outcome.pid}). Stop it first, or use it.`,
  )
}

export function requireConfig(outcome: ConfigOutcome, warnings: ConfigProblem[]) {
  const all = [...warnings, ...outcome.warnings]
  if (outcome.kind === 'refused') throw startRefusal(describeProblems(outcome.problems, all))
  return { config: outcome.config, warnings: all }
}
