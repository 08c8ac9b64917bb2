import type { Secret } from '#lib/crypto/secret.ts'
import type { RoleSessionLimit, TrustedProxies } from './values.ts'

export type Mode = 'trial' | 'development' | 'strict'

/** The whole configuration of a process, read once and frozen. Units are in the names. */
export interface Config {
  mode: Mode
  appName: string
  /** Origin of the server as clients see it: issuer of tokens, own origin of the pages. */
  appUrl: string
  /** Where the pages are that links in mails lead to, without a slash at the end. */
  pagesUrl: string
  port: number
  /** Addresses to listen on. */
  hosts: readonly string[]
  database: { url: Secret; poolSize: number }
  /** Root secrets; the first makes, all verify. */
  rootSecrets: readonly Secret[]
  accessToken: {
    algorithm: 'ES256' | 'HS256'
    sharedSecret: Secret | null
    audience: string | null
    lifetimeSeconds: number
    /** Age in days at which a signing key is replaced; 0: never. */
    signingKeyDays: number
  }
  session: {
    idleSeconds: number
    absoluteSeconds: number
    lostAnswerSeconds: number
    roleLimits: readonly RoleSessionLimit[]
    /** Of one user at the same time; 0: any number. */
    perUserMax: number
    /** How long rows of ended sessions are kept. */
    historySeconds: number
    /** Remembered at most; null: none are, each check reads the database. */
    liveViewSessions: number | null
  }
  /** Exact origins, without a slash at the end. */
  allowedOrigins: readonly string[]
  /** Lower-case authorities (`host` or `host:port`). */
  allowedHosts: readonly string[]
  trustedProxies: TrustedProxies
  registration: 'open' | 'closed' | 'invite'
  emailVerification: 'optional' | 'required'
  /** How long audit events are kept. */
  auditHistorySeconds: number
  defaultRole: string
  password: { lengthMin: number; breachRangeUrl: string | null }
  loginFailureStatus: number
  social: SocialConfig
  mail: MailConfig
  /** True: a new address needs a domain that takes mail. */
  checksMailDomains: boolean
  /** Who does the jobs: each server process, or npm run worker only. */
  jobs: 'inside' | 'worker'
  redisUrl: Secret | null
  metricsToken: Secret | null
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  shutdownDelaySeconds: number
  /** Processes that serve on one port; the server decides what `auto` means here. */
  workers: number | 'auto'
}

export const socialProviderIds = [
  'google',
  'github',
  'microsoft-entra-id',
  'apple',
  'gitlab',
  'discord',
  'oidc',
] as const
export type SocialProviderId = (typeof socialProviderIds)[number]

/** Who else may vouch for a sign-in. */
export interface SocialProvider {
  id: SocialProviderId
  /** As people know it. */
  name: string
  clientId: string
  clientSecret: Secret
  /** Its issuer; of a provider that speaks OAuth only, where it is. Without a slash at the end. */
  issuer: string
}

export interface SocialConfig {
  /** Those that are set up, in the order of their buttons. */
  providers: readonly SocialProvider[]
  /** Whole addresses of front ends that a dance may return to. */
  returnUrls: readonly string[]
}

export interface MailFrom {
  name: string
  address: string
}

export type MailConfig =
  /** Messages stay in the outbox and are shown at /dev/mail. */
  { kind: 'captured'; from: MailFrom } | { kind: 'off' } | SmtpConfig

export interface SmtpConfig {
  kind: 'smtp'
  from: MailFrom
  server: string
  port: number
  /** implicit: from the first byte. starttls: required after the greeting. none: in the clear. */
  tls: 'implicit' | 'starttls' | 'none'
  username: string | null
  password: Secret | null
}
