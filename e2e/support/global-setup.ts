import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '#lib/crypto/secret.ts'
import { startEmbeddedDatabase } from '#server/embedded-database.ts'
import { freePort } from '#server/free-port.ts'
import { makeClone, removeClone, startServer, strictVariables } from '#test/support/process-server.ts'
import { type E2eEnvironment, publishEnvironment } from './environment.ts'

const throwAway = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** One PostgreSQL, and one server in strict mode for each way of serving. */
async function globalSetup(): Promise<() => Promise<void>> {
  const dataPath = mkdtempSync(join(tmpdir(), 'session-management-e2e-'))
  const clone = makeClone()
  const password = new Secret('only-for-this-run')
  const database = await startEmbeddedDatabase({
    root: process.cwd(),
    dataPath,
    password,
    settings: throwAway,
  })
  const frontEndPort = await freePort()
  const headless = await startServer({
    clone,
    variables: {
      ...strictVariables(database.url.reveal(), await freePort()),
      ALLOWED_ORIGINS: JSON.stringify([`http://127.0.0.1:${frontEndPort}`, 'https://app.example.com']),
    },
  })
  const environment: E2eEnvironment = { frontEndPort, servers: { headless: headless.url } }
  publishEnvironment(environment)
  return async () => {
    await headless.stop()
    await database.stop()
    removeClone(clone)
    rmSync(dataPath, { recursive: true, force: true })
  }
}

export default globalSetup
