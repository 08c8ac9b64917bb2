import { Secret } from '#lib/crypto/secret.ts'
import type { Config, MailConfig, Mode } from './config.ts'
import { isLoopbackHost, isLoopbackUrl } from './loopback.ts'
import { type Environment, environmentSchema } from './schema.ts'
import { chooseSecrets } from './secret-settings.ts'
import { socialProblems, socialProviders } from './social-settings.ts'
import { smtpsPort, wildcardOrigin } from './values.ts'

export interface ConfigProblem {
  setting: string
  /** Continues the sentence "SETTING …". */
  problem: string
  remedy?: string
}

export type ConfigOutcome =
  | { kind: 'read'; config: Config; warnings: ConfigProblem[] }
  | { kind: 'refused'; problems: ConfigProblem[]; warnings: ConfigProblem[] }

/** What trial and development make for themselves; kept in .data/ by the caller. */
export interface OwnSupplies {
  authSecret: Secret
  /** Of the embedded database; used while DATABASE_URL is not set. */
  databaseUrl: Secret | null
}

/** What this process is, as far as its settings depend on it. */
export interface ProcessFacts {
  /** False for a server without pages of its own. */
  hasPages: boolean
  /** By which a secret that ends is judged; left out, it is not. */
  now?: Date
}

const withPages: ProcessFacts = { hasPages: true }

/**
 * Reads the whole configuration from environment variables. Pure, and total: it reports every problem at once.
 *
 * @param supplies  null in a process that may not generate anything (strict mode)
 */
export function readConfig(
  variables: Record<string, string | undefined>,
  supplies: OwnSupplies | null,
  facts: ProcessFacts = withPages,
): ConfigOutcome {
  const set = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environmentSchema.safeParse(set)
  if (parsed.success) return assemble(parsed.data, supplies, facts)
  const malformed = parsed.error.issues.map((issue) => ({
    setting: String(issue.path[0]),
    problem: issue.message,
  }))
  return { kind: 'refused', ...addRemainingProblems(malformed, set, supplies, facts) }
}

/** What else is wrong, judged without the malformed settings. */
function addRemainingProblems(
  malformed: ConfigProblem[],
  set: Record<string, string | undefined>,
  supplies: OwnSupplies | null,
  facts: ProcessFacts,
): { problems: ConfigProblem[]; warnings: ConfigProblem[] } {
  const names = new Set(malformed.map(({ setting }) => setting))
  // These decide the mode, and the mode decides the rest: better no list than a wrong one.
  if (names.has('DEBUG') || names.has('DATABASE_URL')) return { problems: malformed, warnings: [] }
  const rest = Object.fromEntries(Object.entries(set).filter(([name]) => !names.has(name)))
  const outcome = assemble(environmentSchema.parse(rest), supplies, facts)
  const others = outcome.kind === 'refused' ? outcome.problems : []
  return {
    problems: [...malformed, ...others.filter(({ setting }) => !names.has(setting))],
    warnings: outcome.warnings,
  }
}

/** `DATABASE_URL` decides between trial and your database; `DEBUG` between development and strict. */
export function modeOf(environment: Pick<Environment, 'DATABASE_URL' | 'DEBUG'>): Mode {
  if (!environment.DATABASE_URL) return 'trial'
  return environment.DEBUG ? 'development' : 'strict'
}

function assemble(env: Environment, supplies: OwnSupplies | null, facts: ProcessFacts): ConfigOutcome {
  const mode = modeOf(env)
  const appUrl = env.APP_URL ?? `http://localhost:${env.PORT}`
  const problems: ConfigProblem[] = []
  const warnings: ConfigProblem[] = []
  problems.push(...addressProblems(env, mode, appUrl), ...originProblems(env, mode))
  problems.push(...pagesProblems(env, mode, facts), ...socialProblems(env, appUrl, facts.now))
  const secrets = chooseSecrets(env, mode, supplies?.authSecret ?? null)
  problems.push(...secrets.problems, ...mailProblems(env, mode))
  warnings.push(...secrets.warnings, ...lifetimeWarnings(env), ...mailWarnings(env, mode))
  const databaseUrl = env.DATABASE_URL ? new Secret(env.DATABASE_URL) : supplies?.databaseUrl
  if (!databaseUrl) problems.push({ setting: 'DATABASE_URL', problem: 'is not set' })
  if (problems.length > 0 || !databaseUrl) return { kind: 'refused', problems, warnings }
  const config = toConfig(env, mode, appUrl, databaseUrl, secrets)
  return { kind: 'read', config: Object.freeze(config), warnings }
}

function toConfig(
  env: Environment,
  mode: Mode,
  appUrl: string,
  databaseUrl: Secret,
  secrets: ReturnType<typeof chooseSecrets>,
): Config {
  const day = 86_400
  return {
    mode,
    appName: env.APP_NAME,
    appUrl,
    pagesUrl: env.PAGES_URL ?? appUrl,
    port: env.PORT,
    hosts: env.HOST ? [env.HOST] : isLoopbackUrl(appUrl) ? ['127.0.0.1', '::1'] : ['0.0.0.0'],
    database: { url: databaseUrl, poolSize: env.DATABASE_POOL_SIZE },
    rootSecrets: secrets.roots,
    accessToken: {
      algorithm: env.JWT_ALGORITHM,
      sharedSecret: secrets.shared,
      audience: env.JWT_AUDIENCE === 'off' ? null : (env.JWT_AUDIENCE ?? appUrl),
      lifetimeSeconds: env.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
      signingKeyDays: env.SIGNING_KEY_DAYS,
    },
    session: {
      idleSeconds: env.REFRESH_TOKEN_EXPIRE_DAYS * day,
      absoluteSeconds: env.SESSION_ABSOLUTE_DAYS * day,
      lostAnswerSeconds: env.REFRESH_LOST_ANSWER_SECONDS,
      roleLimits: env.ROLE_SESSION_LIMITS,
      perUserMax: env.MAX_SESSIONS_PER_USER,
      historySeconds: env.SESSION_HISTORY_DAYS * day,
      liveViewSessions: env.LIVE_VIEW === 'on' ? env.LIVE_VIEW_SESSIONS : null,
    },
    allowedOrigins: env.ALLOWED_ORIGINS.filter((origin) => origin !== wildcardOrigin),
    allowedHosts: [new URL(appUrl).host, ...env.ALLOWED_HOSTS].map((host) => host.toLowerCase()),
    trustedProxies: env.TRUST_PROXY,
    registration: env.REGISTRATION,
    emailVerification: env.EMAIL_VERIFICATION,
    auditHistorySeconds: env.AUDIT_HISTORY_DAYS * day,
    defaultRole: env.DEFAULT_ROLE.toUpperCase(),
    password: {
      lengthMin: env.PASSWORD_MIN_LENGTH,
      breachRangeUrl: env.BREACH_CHECK === 'on' ? env.BREACH_CHECK_URL : null,
    },
    loginFailureStatus: env.LOGIN_FAILURE_STATUS,
    social: { providers: socialProviders(env), returnUrls: env.SOCIAL_RETURN_URLS },
    mail: mailConfig(env, mode),
    checksMailDomains: env.MAIL_DOMAIN_CHECK === 'on',
    jobs: env.JOBS,
    redisUrl: env.REDIS_URL ? new Secret(env.REDIS_URL) : null,
    metricsToken: env.METRICS_TOKEN ? new Secret(env.METRICS_TOKEN) : null,
    logLevel: env.LOG_LEVEL,
    shutdownDelaySeconds: env.SHUTDOWN_DELAY_SECONDS,
    workers: env.WORKERS,
  }
}

function addressProblems(env: Environment, mode: Mode, appUrl: string): ConfigProblem[] {
  if (mode === 'strict') return strictAddressProblems(env, appUrl)
  const problems: ConfigProblem[] = []
  const remedy = 'Set DATABASE_URL, APP_URL and AUTH_SECRET, and leave DEBUG out, to serve other machines.'
  if (!isLoopbackUrl(appUrl)) {
    problems.push({
      setting: 'APP_URL',
      problem: `is not this machine, which ${mode} mode is limited to`,
      remedy,
    })
  }
  if (env.HOST && !isLoopbackHost(env.HOST)) {
    problems.push({ setting: 'HOST', problem: `is not loopback, which ${mode} mode is limited to`, remedy })
  }
  if (problems.length > 0 && mode === 'development') {
    problems.push({ setting: 'DEBUG', problem: 'is on while the server is meant for other machines', remedy })
  }
  return problems
}

function strictAddressProblems(env: Environment, appUrl: string): ConfigProblem[] {
  if (!env.APP_URL) {
    return [
      { setting: 'APP_URL', problem: 'is not set', remedy: 'For example APP_URL=https://auth.example.com' },
    ]
  }
  const isPlainHttp = appUrl.startsWith('http:') && !isLoopbackUrl(appUrl)
  return isPlainHttp ? [{ setting: 'APP_URL', problem: 'is http; other machines need https' }] : []
}

/** Links in mails lead to pages, so somebody has to have them. */
function pagesProblems(env: Environment, mode: Mode, { hasPages }: ProcessFacts): ConfigProblem[] {
  if (mode !== 'strict') return []
  const { PAGES_URL: pagesUrl } = env
  if (pagesUrl?.startsWith('http:') && !isLoopbackUrl(pagesUrl))
    return [{ setting: 'PAGES_URL', problem: 'is http; links in mails need https' }]
  if (hasPages || pagesUrl || env.MAIL === 'off') return []
  const remedy = 'Name your front end, or set MAIL=off to start without mail.'
  return [
    { setting: 'PAGES_URL', problem: 'is not set, and a headless server has no pages of its own', remedy },
  ]
}

function originProblems(env: Environment, mode: Mode): ConfigProblem[] {
  const hasWildcard = env.ALLOWED_ORIGINS.some((origin) => origin.includes(wildcardOrigin))
  if (mode !== 'strict' || !hasWildcard) return []
  return [{ setting: 'ALLOWED_ORIGINS', problem: 'has a wildcard; name each front end exactly' }]
}

function mailProblems(env: Environment, mode: Mode): ConfigProblem[] {
  if (env.MAIL === 'off' && env.EMAIL_VERIFICATION === 'required') {
    const problem = 'is required, and MAIL=off sends nothing to prove an address with'
    return [{ setting: 'EMAIL_VERIFICATION', problem }]
  }
  if (env.MAIL === 'off' || (mode !== 'strict' && env.MAIL !== 'smtp')) return []
  const remedy = 'Set it, or MAIL=off to start without mail.'
  const missing = [
    ...(env.SMTP_URL || env.MAIL_SERVER ? [] : (['MAIL_SERVER'] as const)),
    ...(env.MAIL_FROM ? [] : (['MAIL_FROM'] as const)),
  ]
  return missing.map((setting) => ({ setting, problem: 'is not set', remedy }))
}

function mailConfig(env: Environment, mode: Mode): MailConfig {
  if (env.MAIL === 'off') return { kind: 'off' }
  const { name = null, address = 'no-reply@localhost' } = env.MAIL_FROM ?? {}
  const from = { name: name ?? env.APP_NAME, address }
  if (mode !== 'strict' && env.MAIL !== 'smtp') return { kind: 'captured', from }
  const { server, port, isImplicitTls, username, password } = env.SMTP_URL ?? {
    server: env.MAIL_SERVER ?? '',
    port: env.MAIL_PORT,
    isImplicitTls: env.MAIL_PORT === smtpsPort,
    username: env.MAIL_USERNAME ?? null,
    password: env.MAIL_PASSWORD ?? null,
  }
  return {
    kind: 'smtp',
    from,
    server,
    port,
    tls: isImplicitTls ? 'implicit' : env.MAIL_TLS === 'off' ? 'none' : 'starttls',
    username,
    password: password ? new Secret(password) : null,
  }
}

function mailWarnings(env: Environment, mode: Mode): ConfigProblem[] {
  const mail = mailConfig(env, mode)
  if (mail.kind !== 'smtp' || mail.tls !== 'none' || isLoopbackHost(mail.server)) return []
  return [{ setting: 'MAIL_TLS', problem: `is off: mails with links go to ${mail.server} in the clear` }]
}

function lifetimeWarnings(env: Environment): ConfigProblem[] {
  if (env.ACCESS_TOKEN_EXPIRE_MINUTES <= 15) return []
  const problem = `is ${env.ACCESS_TOKEN_EXPIRE_MINUTES}: services that verify offline accept an ended session that long`
  return [{ setting: 'ACCESS_TOKEN_EXPIRE_MINUTES', problem }]
}
