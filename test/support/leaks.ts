import type { FuzzedRequest, Holdings } from './api-fuzz.ts'
import type { TestAnswer } from './check-answer.ts'

const neverSent = [
  /\$argon2|\$2[aby]\$\d\d/,
  /PRIVATE KEY|"d":"/,
  /node_modules|\bat \S+ \(\S+:\d+:\d+\)/,
  /postgres(ql)?:\/\//,
  /\b(select|insert into|update) \S+ (from|values|set)\b/i,
]

/** Access tokens and refresh tokens, whoever's. */
const tokenForms = [
  /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/,
  /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+\.\d+\.[\w-]{43}/,
]
/** Fields that would hold what is to be kept; when something was done to it may be told. */
const secretName = /^(?!.*_at$|has_password$).*(passw|hash|secret|salt|sealed|nonce|private|_token$|cookie)/i
/** Ours, and those by which Auth.js knows the way back. */
const goodCookie =
  /^(session|device|form|dance|last|authjs-[a-z]+)_\d+=[^;]*; Path=\/; HttpOnly; SameSite=Lax(; Max-Age=\d+)?$/

/** What an answer may hold that no other may. */
interface Allowance {
  tokens: boolean
  sessionCookie: boolean
  deviceCookie: boolean
  /** It is a step of a sign-in with others, or one of Auth.js's own actions. */
  danceCookies: boolean
  /** It describes such fields, and has examples of such values. */
  descriptions: boolean
}

function allowanceOf({ path }: FuzzedRequest, { status }: TestAnswer): Allowance {
  const operation = path.replace(/\?.*/, '')
  const succeeded = (...operations: string[]) => status === 200 && operations.includes(operation)
  return {
    tokens: succeeded('/api/auth/login', '/api/auth/refresh'),
    sessionCookie: succeeded('/api/auth/login', '/api/auth/refresh', '/api/auth/change-password'),
    deviceCookie: succeeded('/api/auth/login'),
    danceCookies: /^\/api\/auth\/(csrf|signin\/|callback\/|social\/start|social\/connect)/.test(operation),
    descriptions: succeeded('/openapi.json'),
  }
}

/**
 * Complaints about secrets in an answer, wherever they are: in the text, in a name or a value of its JSON, in a header,
 * in a cookie that is not there to carry them; and about cookies without their flags.
 *
 * @param kept  what no answer holds at all, as the root secret of the server
 */
export function leaksIn(
  answer: TestAnswer,
  request: FuzzedRequest,
  held: Holdings,
  kept: readonly string[],
): string[] {
  const allowed = allowanceOf(request, answer)
  const cookieValues = valuesOfCookies(held.cookies)
  const nowhere = [...kept, ...held.passwords, ...held.setupKeys]
  const tokens = [...held.accessTokens, ...held.refreshTokens]
  const everywhere = [...nowhere, ...tokens, ...cookieValues]
  const { names, values } = jsonParts(answer.body)
  const texts = [answer.text, ...values]
  return [
    ...found('the body', texts, neverSent, [...nowhere, ...cookieValues, ...(allowed.tokens ? [] : tokens)]),
    ...(allowed.tokens || allowed.descriptions ? [] : found('the body', texts, tokenForms, [])),
    ...found('a name in the body', names, [...neverSent, ...tokenForms], everywhere),
    ...(allowed.descriptions ? [] : badNames(names, allowed)),
    ...found('a header', headerTexts(answer), [...neverSent, ...tokenForms], everywhere),
    ...answer.headers.getSetCookie().flatMap((cookie) => {
      const others = cookieValues.filter((value) => !request.headers['cookie']?.includes(value))
      return badCookie(cookie, request, allowed, [...nowhere, ...tokens, ...others])
    }),
  ]
}

function badNames(names: string[], { tokens }: Allowance): string[] {
  return names
    .filter((name) => secretName.test(name) && !(tokens && /^(access|refresh)_token$/.test(name)))
    .map((name) => `the body has a field ${name}`)
}

function badCookie(
  cookie: string,
  request: FuzzedRequest,
  { sessionCookie, deviceCookie, danceCookies }: Allowance,
  secrets: string[],
): string[] {
  const [, name = '', value = ''] = /^([\w-]+?)_\d+=([^;]*)/.exec(cookie) ?? []
  const kind = name.replace(/-.*/, '')
  const shown = `the cookie ${cookie.replace(/=[^;]*/, '=…')}`
  const carries: Record<string, boolean> = {
    session: sessionCookie,
    device: deviceCookie,
    form: true,
    dance: danceCookies,
    authjs: danceCookies,
    last: danceCookies,
  }
  const mayCarry = value === '' || carries[kind] === true
  // A session cookie has the form of a token, and is none that anybody else was given.
  const patterns = kind === 'session' && mayCarry ? neverSent : [...neverSent, ...tokenForms]
  return [
    ...(goodCookie.test(cookie) ? [] : [`${shown} is without its flags`]),
    ...(mayCarry ? [] : [`${shown} has a value after ${request.method} ${request.path}`]),
    ...found(shown, [value, decodeURIComponentOr(value)], patterns, secrets),
  ]
}

function found(where: string, texts: string[], patterns: RegExp[], secrets: string[]): string[] {
  const text = texts.join('\n')
  return [
    ...patterns.filter((pattern) => pattern.test(text)).map(String),
    ...secrets.filter((secret) => secret !== '' && text.includes(secret)),
  ].map((what) => `${where} holds ${what}`)
}

/** Names and texts of a JSON value, each without its escapes. */
function jsonParts(value: unknown): { names: string[]; values: string[] } {
  if (typeof value === 'string') return { names: [], values: [value] }
  if (typeof value !== 'object' || value === null) return { names: [], values: [] }
  const inner = Object.values(value).map(jsonParts)
  return {
    names: [...(Array.isArray(value) ? [] : Object.keys(value)), ...inner.flatMap(({ names }) => names)],
    values: inner.flatMap(({ values }) => values),
  }
}

function headerTexts({ headers }: TestAnswer): string[] {
  return [...headers].filter(([name]) => name !== 'set-cookie').map(([name, value]) => `${name}: ${value}`)
}

/** Of `name=value; name=value`. */
function valuesOfCookies(cookies: readonly string[]): string[] {
  return cookies.flatMap((pairs) => pairs.split('; ')).map((pair) => pair.replace(/^[^=]*=/, ''))
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
