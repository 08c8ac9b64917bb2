/** Leads to this machine in the browsers of the tests (playwright.config.ts); every server answers for it too. */
export const madeUpHost = 'auth.made-up.example'

/** What the global set-up tells the workers. */
export interface E2eEnvironment {
  /** Of the PostgreSQL of this run, for servers that a spec starts for itself. */
  databaseUrl: string
  servers: Record<string, string>
  /** The key that opens the set-up of the first administrator, where the server printed one. */
  setupKeys: Record<string, string>
  /** The port of the front end on another origin that every server allows. */
  frontEndPort: number
  /** The key of the captured messages of the server `mail`. */
  inboxKey: string
  /** The provider with login pages, and the one that misbehaves; both know every server. */
  providers: { openId: string; hostile: string }
  /** Tells what the other servers have sent (post-office.ts). */
  postOfficeUrl: string
}

const name = 'E2E_ENVIRONMENT'

export function publishEnvironment(environment: E2eEnvironment): void {
  process.env[name] = JSON.stringify(environment)
}

export function readEnvironment(): E2eEnvironment {
  return JSON.parse(process.env[name] ?? '{}')
}
