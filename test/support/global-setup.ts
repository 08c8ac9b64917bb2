import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { Secret } from '#lib/crypto/secret.ts'
import { startEmbeddedDatabase } from '#server/embedded-database.ts'
import { buildIfStale } from '../../bin/build.mjs'
import { createTemplate, sql, withDatabase } from './database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    databaseServerUrl: string
  }
}

/** Fast, and lost with the machine: no test of these outlives a crash. Those that do start their own. */
const throwAway = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' }

const password = 'only for this run'

/** Tests connect thousands of times; the 4,096 hashes of each took longer than all else that they ask. */
const quickSignIn = `SET scram_iterations = 1; ALTER ROLE CURRENT_USER PASSWORD '${password}'`

const running: { stop?: () => Promise<void> } = {}

/** One PostgreSQL for the run, with a migrated template that every test file copies. */
export async function setup(project: TestProject): Promise<void> {
  await buildIfStale('document')
  const dataPath = mkdtempSync(join(tmpdir(), 'session-management-test-'))
  const database = await startEmbeddedDatabase({
    root: process.cwd(),
    dataPath,
    password: new Secret(password),
    settings: throwAway,
  })
  running.stop = async () => {
    await database.stop()
    rmSync(dataPath, { recursive: true, force: true })
  }
  const url = database.url.reveal()
  await sql(withDatabase(url, 'postgres'), quickSignIn)
  await createTemplate(url)
  project.provide('databaseServerUrl', url)
}

export async function teardown(): Promise<void> {
  await running.stop?.()
}
