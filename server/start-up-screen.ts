import type { Config } from '#lib/config/config.ts'
import type { ConfigProblem } from '#lib/config/read-config.ts'
import type { Secret } from '#lib/crypto/secret.ts'

/** All problems of a configuration, one a line, with what to do. Never a value of a secret. */
export function describeProblems(
  problems: readonly ConfigProblem[],
  warnings: readonly ConfigProblem[],
): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  return [
    `The configuration has ${count}:`,
    ...problems.map((problem) => lineFor('✗', problem)),
    ...warnings.map((warning) => lineFor('!', warning)),
    'Every setting is explained in .env.example.',
  ].join('\n')
}

function lineFor(mark: string, { setting, problem, remedy }: ConfigProblem): string {
  return `  ${mark} ${setting} ${problem}.${remedy ? `\n      ${remedy}` : ''}`
}

export interface StartUpFacts {
  config: Config
  /** With the port that was really bound. */
  url: string
  hasPages: boolean
  workers: number
  warnings: readonly ConfigProblem[]
  migrations: number
  setupKey: Secret | null
  /** Null where mail is not captured. */
  inboxKey: Secret | null
  versions: { product: string; node: string; postgres: string }
  /** Where the embedded database keeps its data; null without one. */
  embeddedDatabase: string | null
  /** Settings that strict mode would miss or refuse; empty in strict mode. */
  missingForProduction: readonly string[]
}

const modeSentences: Record<Config['mode'], string> = {
  trial: 'trial: embedded database, own secrets, this machine only',
  development: 'development: your database, own secrets where none are set, this machine only',
  strict: 'strict',
}

/** What a person wants to know once the server runs. */
export function startUpScreen(facts: StartUpFacts): string {
  const { config, url, versions } = facts
  return [
    '',
    `  ${config.appName} ${versions.product}   ${modeSentences[config.mode]}`,
    `  Node ${versions.node}, PostgreSQL ${versions.postgres}`,
    '',
    ...(facts.hasPages ? [`  App       ${url}`] : []),
    `  API       ${url}/api/auth`,
    `  Docs      ${url}/docs/start`,
    `  Health    ${url}/api/health/ready`,
    ...mailLines(facts),
    `  Database  ${facts.embeddedDatabase ?? 'DATABASE_URL'}${migrationSentence(facts.migrations)}`,
    ...(facts.workers > 1 ? [`  Workers   ${facts.workers} processes`] : []),
    ...setupLines(facts),
    ...facts.warnings.map((warning) => lineFor('!', warning)),
    ...productionLines(facts.missingForProduction),
    '',
    '',
  ].join('\n')
}

function migrationSentence(migrations: number): string {
  return migrations === 0 ? '' : `, ${migrations} ${migrations === 1 ? 'migration' : 'migrations'} applied`
}

function mailLines({ config, inboxKey, url }: StartUpFacts): string[] {
  if (inboxKey) return [`  Mail      ${url}/dev/mail?key=${inboxKey.reveal()}`]
  const { mail } = config
  return [`  Mail      ${mail.kind === 'smtp' ? `${mail.server}:${mail.port}` : 'off'}`]
}

function productionLines(missing: readonly string[]): string[] {
  return missing.length === 0 ? [] : [`  Missing for production: ${missing.join(', ')} (see .env.example)`]
}

function setupLines({ setupKey, hasPages, url }: StartUpFacts): string[] {
  if (!setupKey) return []
  const heading = '  No administrator yet. This works once, for the first one:'
  if (hasPages) return ['', heading, `    ${url}/setup?token=${setupKey.reveal()}`, '']
  return [
    '',
    heading,
    `    curl ${url}/api/setup -H 'content-type: application/json' -d '{"token":"${setupKey.reveal()}",`,
    `      "email":"you@example.com","username":"you","password":"…"}'`,
    '',
  ]
}
