import type { AuthConfig } from '@auth/core'
import { readCookie, setCookie } from '#lib/encoding/cookie.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { danceCookieName, sessionCookieName } from '#lib/session/session-cookie.ts'

/** Below which Auth.js's own actions are. */
export const basePath = '/api/auth'

const ownCookies = ['callbackUrl', 'csrfToken', 'pkceCodeVerifier', 'state', 'nonce'] as const

export interface AuthJsRequest {
  method: 'GET' | 'POST'
  /** Below {@link basePath}, with its query. */
  path: string
  form?: URLSearchParams
  /** The Cookie header; Auth.js sees its own cookies, and the session's where `showsSession` says so. */
  cookies: string | null
  showsSession?: boolean
}

export interface AuthJsAnswer {
  redirect: string | null
  body: unknown
  /** Set-Cookie values, without those of the session: these are ours to write. */
  cookies: string[]
}

export type AuthJsParts = Pick<AuthConfig, 'providers'> & Partial<AuthConfig>

interface RawCookie {
  name: string
  value: string
  options: { maxAge?: number; expires?: Date }
}

/**
 * Calls Auth.js: Request in, plain data out. Its errors are thrown, whatever it would have made of them; its log goes
 * nowhere, because it prints what providers answer.
 *
 * @throws what Auth.js throws or logs last
 */
export async function callAuthJs(
  runtime: Runtime,
  request: AuthJsRequest,
  parts: AuthJsParts,
): Promise<AuthJsAnswer> {
  const { Auth, raw } = await import('@auth/core')
  const failure: { error: unknown } = { error: null }
  const config: AuthConfig = {
    ...baseConfig(runtime),
    ...parts,
    raw: raw as never,
    logger: {
      error: (error) => {
        failure.error = error
      },
      warn: () => {},
      debug: () => {},
    },
  }
  // With `raw` it returns what it would have made a Response of; its types do not say so.
  const answer: unknown = await Auth(toRequest(runtime, request), config)
  if (answer instanceof Response) throw failure.error ?? new Error(`Auth.js answered ${answer.status}`)
  const { redirect, body, cookies } = answer as { redirect?: string; body?: unknown; cookies?: RawCookie[] }
  const session = sessionCookieName(runtime.config.appUrl)?.name ?? ''
  const others = (cookies ?? []).filter(({ name }) => !name.startsWith(session))
  return {
    redirect: redirect ?? null,
    body: body ?? null,
    cookies: others.map((cookie) => writeCookie(runtime, cookie)),
  }
}

/** What every use of Auth.js has in common. The session is ours: it has no strategy, secret or cookie of its own. */
export function baseConfig({ config, roots }: Pick<Runtime, 'config' | 'roots'>): AuthConfig {
  return {
    basePath,
    trustHost: true,
    secret: roots.all.map((root) => root.keyFor('auth-js').toString('base64url')),
    useSecureCookies: config.appUrl.startsWith('https:'),
    cookies: cookiesOf(config.appUrl),
    session: { strategy: 'jwt', maxAge: config.session.absoluteSeconds },
    providers: [],
  }
}

function cookiesOf(appUrl: string): NonNullable<AuthConfig['cookies']> {
  const secure = appUrl.startsWith('https:')
  const options = { httpOnly: true, sameSite: 'lax', path: '/', secure } as const
  const own = ownCookies.map((key) => [key, { name: nameOf(appUrl, key), options: { ...options } }])
  const session = sessionCookieName(appUrl)?.name ?? 'session'
  return { ...Object.fromEntries(own), sessionToken: { name: session, options } }
}

function nameOf(appUrl: string, key: (typeof ownCookies)[number]): string {
  return danceCookieName(appUrl, `authjs-${key.toLowerCase()}`)?.name ?? `authjs-${key.toLowerCase()}`
}

function toRequest(
  { config }: Runtime,
  { method, path, form, cookies, showsSession }: AuthJsRequest,
): Request {
  const { appUrl } = config
  const session = showsSession ? sessionCookieName(appUrl)?.name : undefined
  const shown = [...ownCookies.map((key) => nameOf(appUrl, key)), ...(session ? [session] : [])]
  const cookie = shown.flatMap((name) => {
    // A name that occurs twice was planted once: neither is shown.
    const value = readCookie(cookies, name)
    return value === null ? [] : [`${name}=${value}`]
  })
  return new Request(`${appUrl}${basePath}${path}`, {
    method,
    headers: {
      cookie: cookie.join('; '),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form && { body: form.toString() }),
  })
}

function writeCookie({ clock }: Runtime, { name, value, options }: RawCookie): string {
  const { maxAge, expires } = options
  const untilExpiry = expires ? Math.round((expires.getTime() - clock.now().getTime()) / 1000) : null
  return setCookie<string>(name, encodeURIComponent(value), {
    // Also where it wants 'none': Apple's form is led on before a cookie is looked at.
    sameSite: 'Lax',
    maxAgeSeconds: maxAge ?? untilExpiry,
    secure: name.startsWith('__Host-'),
  })
}
