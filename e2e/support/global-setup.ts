import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '#lib/crypto/secret.ts'
import { startEmbeddedDatabase } from '#server/embedded-database.ts'
import { freePort } from '#server/free-port.ts'
import { withDatabase } from '#test/support/database.ts'
import { type HostileProvider, startHostileProvider } from '#test/support/hostile-provider.ts'
import { type OpenIdProvider, startOpenIdProvider } from '#test/support/openid-provider.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
} from '#test/support/process-server.ts'
import { sinkVariables } from '#test/support/smtp-sink.ts'
import { type E2eEnvironment, madeUpHost, publishEnvironment } from './environment.ts'
import { openPostOffice } from './post-office.ts'
import { wayOf, ways } from './ways.ts'

const throwAway = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** One PostgreSQL, and one server in strict mode for each way of serving, each with a database of its own. */
async function globalSetup(): Promise<() => Promise<void>> {
  const wanted = process.env.E2E_ONLY ? [process.env.E2E_ONLY] : Object.keys(ways)
  const dataPath = mkdtempSync(join(tmpdir(), 'session-management-e2e-'))
  const password = new Secret('only-for-this-run')
  const database = await startEmbeddedDatabase({
    root: process.cwd(),
    dataPath,
    password,
    settings: throwAway,
  })
  const postOffice = await openPostOffice()
  const providers = { openId: await startOpenIdProvider(), hostile: await startHostileProvider() }
  const frontEndPort = await freePort()
  const clones: string[] = []
  const servers: [string, ProcessServer][] = []
  for (const way of wanted) {
    const clone = makeClone()
    clones.push(clone)
    const port = await freePort()
    const variables = {
      ...strictVariables(withDatabase(database.url.reveal(), `e2e_${way}`), port),
      ...(way === 'mail' ? { DEBUG: 'true', MAIL: '' } : sinkVariables(postOffice.sink)),
      PAGES_URL: `http://localhost:${port}`,
      ALLOWED_ORIGINS: JSON.stringify([...frontEnds(frontEndPort), 'https://app.example.com']),
      ALLOWED_HOSTS: `${madeUpHost}:${port}`,
      SOCIAL_RETURN_URLS: frontEnds(frontEndPort)
        .map((origin) => `${origin}/signed-in`)
        .join(),
      ...(await introduceProviders(providers, `http://localhost:${port}`)),
    }
    servers.push([way, await startServer({ clone, variables, ...wayOf(way) })])
  }
  const mail = servers.find(([way]) => way === 'mail')
  const environment: E2eEnvironment = {
    databaseUrl: database.url.reveal(),
    frontEndPort,
    providers: { openId: providers.openId.issuer, hostile: providers.hostile.issuer },
    postOfficeUrl: postOffice.url,
    inboxKey: mail ? inboxKeyOf(mail[1]) : '',
    servers: Object.fromEntries(servers.map(([way, { url }]) => [way, url])),
    setupKeys: Object.fromEntries(servers.map(([way, server]) => [way, setupKeyOf(server)])),
  }
  publishEnvironment(environment)
  return async () => {
    for (const [, server] of servers) await server.stop()
    await database.stop()
    await postOffice.close()
    await Promise.all([providers.openId.stop(), providers.hostile.stop()])
    for (const folder of [...clones.values(), dataPath]) removeClone(folder)
    rmSync(dataPath, { recursive: true, force: true })
  }
}

/** The provider with pages is the OpenID issuer, the other one a GitHub of one's own. */
async function introduceProviders(
  { openId, hostile }: { openId: OpenIdProvider; hostile: HostileProvider },
  appUrl: string,
): Promise<Record<string, string>> {
  const secret = 'a client secret of this run'
  const id = new URL(appUrl).port
  const redirectUris = (provider: string) => [`${appUrl}/api/auth/callback/${provider}`]
  await openId.setClient({ id, secret, redirectUris: redirectUris('oidc') })
  await hostile.setClient({ id, secret, redirectUris: redirectUris('github') })
  return {
    OIDC_ISSUER: openId.issuer,
    OIDC_NAME: 'Harbour ID',
    AUTH_OIDC_ID: id,
    AUTH_OIDC_SECRET: secret,
    AUTH_GITHUB_URL: hostile.issuer,
    AUTH_GITHUB_ID: id,
    AUTH_GITHUB_SECRET: secret,
  }
}

/** The same front end on another site than the server, and on the same. */
function frontEnds(port: number): string[] {
  return [`http://127.0.0.1:${port}`, `http://localhost:${port}`]
}

/** From the start screen. */
function setupKeyOf(server: ProcessServer): string {
  return /(?:"token":"|token=)([\w-]{43})/.exec(server.output())?.[1] ?? ''
}

/** From the start screen. */
function inboxKeyOf(server: ProcessServer): string {
  return /\/dev\/mail\?key=([\w-]{43})/.exec(server.output())?.[1] ?? ''
}

export default globalSetup
