import { z } from 'zod'
import {
  addresses,
  baseUrl,
  databaseUrl,
  flag,
  integer,
  issuerUrl,
  list,
  mailSender,
  origins,
  pagesUrl,
  roleSessionLimits,
  secrets,
  smtpUrl,
  trustedProxies,
  workerCount,
} from './values.ts'

/**
 * Every setting, in the order in which `.env.example` and the README show it.
 * The description is the line a person reads there; a test compares the three.
 */
export const environmentSchema = z.object({
  APP_NAME: z.string().max(60).default('Session Management').describe('Name that people see.'),
  APP_URL: baseUrl
    .optional()
    .describe('Public address of this server, scheme, host and port. Default: http://localhost:PORT.'),
  PAGES_URL: pagesUrl
    .optional()
    .describe(
      'Where the pages are that links in mails lead to, for a front end of your own. Default: APP_URL.',
    ),
  PORT: integer(0, 65_535).default(8000).describe('Port to listen on.'),
  HOST: z
    .string()
    .optional()
    .describe('Address to listen on. Default: loopback while APP_URL is loopback, else 0.0.0.0.'),
  DEBUG: flag.default(false).describe('true: development mode, for your own machine only.'),

  DATABASE_URL: databaseUrl
    .optional()
    .describe('PostgreSQL 14 or newer. Not set: trial mode with an embedded database.'),
  DATABASE_POOL_SIZE: integer(2, 200).default(10).describe('Connections of each process.'),

  AUTH_SECRET: secrets
    .optional()
    .describe(
      'Root of all keys, at least 32 bytes. Several (new,old) while you rotate it. Required in strict mode.',
    ),
  JWT_SECRET: z
    .string()
    .optional()
    .describe(
      'Shared secret of JWT_ALGORITHM=HS256. Alone, it serves as AUTH_SECRET, as in the old backend.',
    ),
  JWT_ALGORITHM: z
    .enum(['ES256', 'HS256'])
    .default('ES256')
    .describe('ES256: services verify with /.well-known/jwks.json. HS256: they share JWT_SECRET.'),
  JWT_AUDIENCE: z.string().optional().describe('aud of access tokens. Default: APP_URL. off: none.'),
  SIGNING_KEY_DAYS: integer(0, 3650)
    .default(90)
    .describe('Days after which a new signing key takes over from the one in use. 0: never.'),

  ACCESS_TOKEN_EXPIRE_MINUTES: integer(1, 60).default(10).describe('Minutes an access token lives.'),
  REFRESH_TOKEN_EXPIRE_DAYS: integer(1, 90).default(7).describe('Days of disuse after which a session ends.'),
  SESSION_ABSOLUTE_DAYS: integer(1, 90).default(30).describe('Days after which a session ends in any case.'),
  ROLE_SESSION_LIMITS: roleSessionLimits
    .default([{ role: 'ADMIN', idleSeconds: 30 * 60, absoluteSeconds: 12 * 3600 }])
    .describe(
      'Stricter limits for roles, as role:idle/absolute in m, h or d, a comma list. none: no role has any.',
    ),
  MAX_SESSIONS_PER_USER: integer(0, 10_000)
    .default(0)
    .describe('A sign-in beyond it ends the session that was not used for the longest time. 0: no limit.'),
  SESSION_HISTORY_DAYS: integer(1, 3650)
    .default(90)
    .describe('Days for which an ended session, and why it ended, is kept.'),
  AUDIT_HISTORY_DAYS: integer(1, 3650)
    .default(365)
    .describe('Days for which the record of sign-ins and changes of accounts is kept.'),
  REFRESH_LOST_ANSWER_SECONDS: integer(0, 3600)
    .default(300)
    .describe('How long the last refresh token still gets the same successor again. 0: never.'),
  LIVE_VIEW: z
    .enum(['on', 'off'])
    .default('on')
    .describe('off: every request reads its session from the database, for serverless hosts.'),
  LIVE_VIEW_SESSIONS: integer(100, 1_000_000)
    .default(50_000)
    .describe('Sessions that a process remembers at most, about 2.5 KB each.'),

  ALLOWED_ORIGINS: origins
    .default([])
    .describe('Front ends on other origins, as a JSON array or a comma list. Exact origins, no wildcard.'),
  ALLOWED_HOSTS: list
    .default([])
    .describe('Further Host headers to answer, as a JSON array or a comma list.'),
  TRUST_PROXY: trustedProxies
    .default({ kind: 'hops', hops: 0 })
    .describe(
      'Proxies in front, which set X-Forwarded-For: their number, or their addresses. Without it that header is not believed.',
    ),

  REGISTRATION: z
    .enum(['open', 'closed', 'invite'])
    .default('open')
    .describe('invite: new accounts need an invitation of an operator. closed: there are none over the API.'),
  EMAIL_VERIFICATION: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('required: an account begins, and signs in, once its address is proven.'),
  DEFAULT_ROLE: z.string().default('USER').describe('Role of new accounts: a name in the table roles.'),
  PASSWORD_MIN_LENGTH: integer(8, 64)
    .default(8)
    .describe('Characters a new password needs. 15 is what NIST asks when a password is the only factor.'),
  BREACH_CHECK: z
    .enum(['on', 'off'])
    .default('off')
    .describe('on: ask a range service whether a new password leaked.'),
  BREACH_CHECK_URL: z
    .url()
    .default('https://api.pwnedpasswords.com/range/')
    .describe('Range service of the breach check; it sees five characters of a hash.'),
  LOGIN_FAILURE_STATUS: z
    .enum(['400', '401'])
    .transform(Number)
    .default(401)
    .describe('400: for an unpatched old front end that reloads the page on every 401.'),

  AUTH_GOOGLE_ID: z
    .string()
    .optional()
    .describe('Client id of Google. With its secret, people may sign in with Google.'),
  AUTH_GOOGLE_SECRET: z.string().optional().describe('Client secret of Google.'),
  AUTH_GITHUB_ID: z.string().optional().describe('Client id of GitHub.'),
  AUTH_GITHUB_SECRET: z.string().optional().describe('Client secret of GitHub.'),
  AUTH_GITHUB_URL: issuerUrl
    .default('https://github.com')
    .describe('Address of a GitHub Enterprise server of your own.'),
  AUTH_MICROSOFT_ENTRA_ID_ID: z.string().optional().describe('Client id of Microsoft Entra.'),
  AUTH_MICROSOFT_ENTRA_ID_SECRET: z.string().optional().describe('Client secret of Microsoft Entra.'),
  AUTH_MICROSOFT_ENTRA_ID_ISSUER: issuerUrl
    .default('https://login.microsoftonline.com/common/v2.0')
    .describe(
      'Issuer of your tenant, https://login.microsoftonline.com/<tenant id>/v2.0. Default: any tenant.',
    ),
  AUTH_APPLE_ID: z.string().optional().describe('Services id of Apple. Needs https.'),
  AUTH_APPLE_SECRET: z
    .string()
    .optional()
    .describe('Client secret of Apple: the JWT that you sign with your key, for six months at most.'),
  AUTH_GITLAB_ID: z.string().optional().describe('Client id of GitLab.'),
  AUTH_GITLAB_SECRET: z.string().optional().describe('Client secret of GitLab.'),
  AUTH_GITLAB_URL: issuerUrl
    .default('https://gitlab.com')
    .describe('Address of a GitLab server of your own.'),
  AUTH_DISCORD_ID: z.string().optional().describe('Client id of Discord.'),
  AUTH_DISCORD_SECRET: z.string().optional().describe('Client secret of Discord.'),
  OIDC_ISSUER: issuerUrl
    .optional()
    .describe('Issuer of any other OpenID provider, such as Keycloak or Authentik.'),
  AUTH_OIDC_ID: z.string().optional().describe('Client id of that provider.'),
  AUTH_OIDC_SECRET: z.string().optional().describe('Client secret of that provider.'),
  OIDC_NAME: z.string().max(40).default('Single sign-on').describe('What its button calls it.'),
  SOCIAL_RETURN_URLS: addresses
    .default([])
    .describe(
      'Addresses of front ends that a sign-in with others may return to, a comma list. Compared exactly.',
    ),

  MAIL: z
    .enum(['smtp', 'off'])
    .optional()
    .describe('off: no mail is written or sent. Default: smtp in strict mode, else captured in /dev/mail.'),
  SMTP_URL: smtpUrl
    .optional()
    .describe(
      'SMTP server in one line, smtp://user:password@host:587 or smtps://host:465, instead of the four below.',
    ),
  MAIL_SERVER: z.string().optional().describe('SMTP host.'),
  MAIL_PORT: integer(1, 65_535)
    .default(587)
    .describe('SMTP port. 465: TLS from the first byte, else STARTTLS.'),
  MAIL_USERNAME: z.string().optional().describe('SMTP user.'),
  MAIL_PASSWORD: z.string().optional().describe('SMTP password.'),
  MAIL_FROM: mailSender
    .optional()
    .describe('Sender, as an address or as Name <address>. Default of the name: APP_NAME.'),
  MAIL_TLS: z
    .enum(['required', 'off'])
    .default('required')
    .describe('off: send in the clear, to an SMTP server on the same machine or network.'),
  MAIL_DOMAIN_CHECK: z
    .enum(['on', 'off'])
    .default('off')
    .describe('on: refuse new addresses whose domain takes no mail. Asks the DNS for at most a second.'),

  JOBS: z
    .enum(['inside', 'worker'])
    .default('inside')
    .describe('worker: servers send no mail themselves; npm run worker does.'),
  WORKERS: workerCount
    .default(1)
    .describe('Processes that serve on one port. auto: as many as there are cores.'),
  REDIS_URL: z.string().optional().describe('Keeps the fixed-window limits in Redis instead of PostgreSQL.'),
  METRICS_TOKEN: z
    .string()
    .min(16, 'needs at least 16 characters')
    .optional()
    .describe(
      'Bearer token for /metrics. Not set: only this machine may read it, and behind a proxy (TRUST_PROXY, or an https APP_URL) nobody.',
    ),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least level that is logged.'),
  SHUTDOWN_DELAY_SECONDS: integer(0, 10)
    .default(2)
    .describe('After SIGTERM: how long readiness says 503 before the listener closes.'),
})

export type Environment = z.output<typeof environmentSchema>
export type EnvironmentName = keyof Environment
export const environmentNames = Object.keys(environmentSchema.shape) as EnvironmentName[]
