import { isIP } from 'node:net'
import { z } from 'zod'
import { parseUrl } from '#lib/encoding/parse-url.ts'
import { isLoopbackHost } from './loopback.ts'

/** Schemas of single values, from the text of an environment variable. Empty text counts as not set. */

const booleans = new Map([
  ...['true', '1', 'yes', 'on'].map((text) => [text, true] as const),
  ...['false', '0', 'no', 'off'].map((text) => [text, false] as const),
])

/** `True`, `true`, `1`, `yes`, `on` and their opposites: what Python, shells and people write. */
export const flag = z.string().transform((text, context) => {
  const value = booleans.get(text.toLowerCase())
  if (value === undefined)
    context.addIssue({ code: 'custom', message: `"${text}" is neither true nor false` })
  return value ?? false
})

export function integer(min: number, max: number) {
  return z.string().transform((text, context) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    context.addIssue({ code: 'custom', message: `"${text}" is not a whole number from ${min} to ${max}` })
    return z.NEVER
  })
}

const workersMax = 64

/** How many processes serve, or `auto`. */
export const workerCount = z.string().transform((text, context): number | 'auto' => {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (text.toLowerCase() === 'auto') return 'auto'
  if (count >= 1 && count <= workersMax) return count
  const message = `"${text}" is neither auto nor a whole number from 1 to ${workersMax}`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** A JSON array of texts (`["a","b"]`, the old backend's form) or a comma list (`a, b`). */
export const list = z.string().transform((text, context) => {
  if (!text.trimStart().startsWith('[')) return splitList(text)
  const parsed = z.array(z.string()).safeParse(safeJson(text))
  if (parsed.success) return parsed.data
  context.addIssue({ code: 'custom', message: 'is neither a JSON array of texts nor a comma list' })
  return z.NEVER
})

export const wildcardOrigin = '*'

/** Exact web origins; `*` passes here and is judged by the mode. */
export const origins = list.transform((items, context) =>
  items.map((item) => {
    const origin = item === wildcardOrigin ? item : originOf(item)
    if (origin === null) {
      context.addIssue({
        code: 'custom',
        message: `${quoted(item)} is not an origin such as https://app.example.com`,
      })
    }
    return origin ?? item
  }),
)

export const baseUrl = z.string().transform((text, context) => {
  const origin = originOf(text)
  if (origin !== null) return origin
  const hint = /^[\w.-]+(:\d+)?$/.test(text) ? ` Did you mean "http://${text}"?` : ''
  context.addIssue({
    code: 'custom',
    message: `${quoted(text)} is not a URL of scheme, host and port only.${hint}`,
  })
  return z.NEVER
})

/** Base of links: scheme, host, port, and a path if the pages are below one. */
export const pagesUrl = z.string().transform((text, context) => {
  const url = parseUrl(text)
  const isBase = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username
  if (isBase) return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  const message = `${quoted(text)} is not a URL of scheme, host, port and path only`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** Where a provider of sign-ins is: https, or http on this machine; no query. Without a slash at the end. */
export const issuerUrl = z.string().transform((text, context) => {
  const url = parseUrl(text)
  const isSafe =
    url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)))
  if (isSafe && !url.search && !url.hash && !url.username && !url.password) return text.replace(/\/+$/, '')
  const message = `${quoted(text)} is not an https address without a query`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** Whole addresses of pages, compared as they are written; no fragment, which no server would see. */
export const addresses = list.transform((items, context) =>
  items.map((item) => {
    const url = parseUrl(item)
    const isPage = url && /^https?:$/.test(url.protocol) && !url.hash && !url.username && url.href === item
    if (!isPage) {
      const hint = url ? ` Did you mean ${url.origin}${url.pathname}${url.search}?` : ''
      context.addIssue({ code: 'custom', message: `${quoted(item)} is not the address of a page.${hint}` })
    }
    return item
  }),
)

const addressShape = /^[^\s<>@,;:"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/

export interface MailSender {
  /** Null: the name of the product. */
  name: string | null
  address: string
}

/** `address` or `Name <address>`. */
export const mailSender = z.string().transform((text, context): MailSender => {
  const [, quotedName, address = text.trim()] = /^\s*([^<>]*?)\s*<([^<>]+)>\s*$/.exec(text) ?? []
  const name = quotedName?.replace(/^"(.*)"$/, '$1').trim() || null
  if (addressShape.test(address) && !/\p{Cc}/u.test(text)) return { name, address }
  context.addIssue({
    code: 'custom',
    message: 'is neither an address such as no-reply@example.com nor a name and an address in angle brackets',
  })
  return z.NEVER
})

export interface SmtpServer {
  server: string
  port: number
  /** TLS from the first byte (RFC 8314). */
  isImplicitTls: boolean
  username: string | null
  password: string | null
}

export const smtpsPort = 465
const submissionPort = 587

/** Never quoted: it holds a password. */
export const smtpUrl = z.string().transform((text, context): SmtpServer => {
  const url = /^smtps?:\/\//i.test(text) ? parseUrl(text) : null
  if (url?.hostname && !url.search && !url.hash && /^\/?$/.test(url.pathname)) {
    const isImplicitTls = url.protocol === 'smtps:' || url.port === String(smtpsPort)
    return {
      server: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port || (isImplicitTls ? smtpsPort : submissionPort)),
      isImplicitTls,
      username: url.username ? decodeURIComponent(url.username) : null,
      password: url.password ? decodeURIComponent(url.password) : null,
    }
  }
  context.addIssue({
    code: 'custom',
    message:
      'is not a URL such as smtp://user:password@smtp.example.com:587 (in the password, write # as %23 and so on)',
  })
  return z.NEVER
})

/** Message for an address: it shows the value, except where a password may stand in it. */
function quoted(text: string): string {
  return text.includes('@') ? 'the value' : `"${text}"`
}

/** Judged here, because pg reads any text as a database of this machine. Never quoted: it holds a password. */
export const databaseUrl = z.string().refine(isDatabaseUrl, {
  message:
    'is not a URL such as postgresql://user:password@host:5432/name (in the password, write # as %23 and so on)',
})

function isDatabaseUrl(text: string): boolean {
  // Without a host the socket directory is in the query, which URL takes only where no user is named.
  return (
    /^postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(text) && parseUrl(text.replace('@/', '@localhost/')) !== null
  )
}

/** Several secrets, the first one in use: `new,old`. */
export const secrets = z.string().transform(splitList)

/** Which peers may name the client in X-Forwarded-For: a number of hops, or addresses and CIDR blocks. */
export const trustedProxies = z.string().transform((text, context): TrustedProxies => {
  if (/^\d$/.test(text)) return { kind: 'hops', hops: Number(text) }
  const blocks = splitList(text)
  if (blocks.every(isAddressBlock)) return { kind: 'blocks', blocks }
  context.addIssue({
    code: 'custom',
    message: 'is neither a number of hops (0 to 9) nor a list of addresses and CIDRs',
  })
  return z.NEVER
})

/** As strict as net.BlockList, which throws at the first request for what it does not know. */
function isAddressBlock(block: string): boolean {
  const [, address = '', prefix = '0'] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(block) ?? []
  const version = isIP(address)
  return version !== 0 && Number(prefix) <= (version === 6 ? 128 : 32)
}

export type TrustedProxies = { kind: 'hops'; hops: number } | { kind: 'blocks'; blocks: readonly string[] }

/** Limits of the sessions of everybody who has a role: `ADMIN:30m/12h` is 30 minutes of disuse, 12 hours in all. */
export const roleSessionLimits = z.string().transform((text, context): RoleSessionLimit[] => {
  const limits = /^none$/i.test(text) ? [] : splitList(text).map(readRoleLimit)
  for (const [index, limit] of limits.entries()) {
    const problem = limit === null ? roleLimitForm : roleLimitProblem(limit, limits.slice(0, index))
    if (problem) context.addIssue({ code: 'custom', message: problem })
  }
  return limits.filter((limit) => limit !== null)
})

export interface RoleSessionLimit {
  /** Upper-case name of a role. */
  role: string
  idleSeconds: number
  absoluteSeconds: number
}

const secondsOf = { m: 60, h: 3600, d: 86_400 }
const roleLimitForm =
  'is not a list such as ADMIN:30m/12h,STAFF:8h/7d (role:idle/absolute in m, h or d) or none'
const roleLimitSecondsMax = 90 * secondsOf.d

function readRoleLimit(text: string): RoleSessionLimit | null {
  const [, role, idle, idleUnit, absolute, absoluteUnit] =
    /^([^\s:,]+):(\d{1,6})([mhd])\/(\d{1,6})([mhd])$/.exec(text) ?? []
  if (!role) return null
  const seconds = (count: string | undefined, unit: string | undefined) =>
    Number(count) * secondsOf[unit as keyof typeof secondsOf]
  return {
    role: role.toUpperCase(),
    idleSeconds: seconds(idle, idleUnit),
    absoluteSeconds: seconds(absolute, absoluteUnit),
  }
}

function roleLimitProblem(
  { role, idleSeconds, absoluteSeconds }: RoleSessionLimit,
  before: readonly (RoleSessionLimit | null)[],
): string | null {
  if (before.some((other) => other?.role === role)) return `limits the role ${role} twice`
  if (idleSeconds < secondsOf.m) return `gives the role ${role} less than a minute of disuse`
  if (absoluteSeconds < idleSeconds) return `gives the role ${role} more time of disuse than in all`
  return absoluteSeconds > roleLimitSecondsMax ? `gives the role ${role} more than 90 days` : null
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function originOf(text: string): string | null {
  const url = parseUrl(text)
  if (!url) return null
  const isBare = (url.pathname === '/' || url.pathname === '') && !url.search && !url.hash && !url.username
  return isBare && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : null
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
