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
  warnings: readonly ConfigProblem[]
  migrations: number
  setupKey: Secret | null
  /** Where the embedded database keeps its data; null without one. */
  embeddedDatabase: string | null
}

const modeSentences: Record<Config['mode'], string> = {
  trial: 'trial: embedded database, own secrets, this machine only',
  development: 'development: your database, own secrets where none are set, this machine only',
  strict: 'strict',
}

/** What a person wants to know once the server runs. */
export function startUpScreen(facts: StartUpFacts): string {
  const { config, url, setupKey } = facts
  return [
    '',
    `  ${config.appName}   ${modeSentences[config.mode]}`,
    '',
    `  API      ${url}/api/auth`,
    `  Health   ${url}/api/health/ready`,
    `  Database ${facts.embeddedDatabase ?? 'DATABASE_URL'}${migrationSentence(facts.migrations)}`,
    ...(setupKey ? setupLines(url, setupKey) : []),
    ...facts.warnings.map((warning) => lineFor('!', warning)),
    ...(config.mode === 'strict' ? [] : [productionLine]),
    '',
    '',
  ].join('\n')
}

function migrationSentence(migrations: number): string {
  return migrations === 0 ? '' : `, ${migrations} ${migrations === 1 ? 'migration' : 'migrations'} applied`
}

const productionLine = '  For production set DATABASE_URL, APP_URL, AUTH_SECRET and MAIL_*; see .env.example.'

function setupLines(url: string, setupKey: Secret): string[] {
  return [
    '',
    '  No administrator yet. Create the first one with this key, which works once:',
    `    curl ${url}/api/setup -H 'content-type: application/json' -d '{"token":"${setupKey.reveal()}",`,
    `      "email":"you@example.com","username":"you","password":"…"}'`,
    '',
  ]
}
