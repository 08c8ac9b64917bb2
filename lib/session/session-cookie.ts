import type { Config } from '#lib/config/config.ts'
import { isLoopbackUrl } from '#lib/config/loopback.ts'
import type { Secret } from '#lib/crypto/secret.ts'
import { setCookie } from '#lib/encoding/cookie.ts'

/**
 * Name and flags of the session cookie, by the address of the server.
 *
 * On http a `__Host-` cookie cannot be set; cookies ignore ports, so there the name carries ours.
 *
 * @returns null where a session cookie cannot be had: plain http on another machine
 */
export function sessionCookieName(appUrl: string): SessionCookieName | null {
  return cookieName(appUrl, 'session')
}

/** The cookie by which a browser is known to have signed in to an account before (lib/limits/known-device.ts). */
export function deviceCookieName(appUrl: string): SessionCookieName | null {
  return cookieName(appUrl, 'device')
}

/** The cookie that carries a refused form to its page (lib/http/flash.ts). */
export function formCookieName(appUrl: string): SessionCookieName | null {
  return cookieName(appUrl, 'form')
}

/** A cookie of a dance with a provider (lib/auth/social): what it is for, how it is checked, who was used last. */
export function danceCookieName(appUrl: string, base: string): SessionCookieName | null {
  return cookieName(appUrl, base)
}

export type SessionCookieName = { secure: true; name: `__Host-${string}` } | { secure: false; name: string }

/** By address: every request without an Authorization header asks, and a URL takes longer to read than a cookie. */
const cookieNames = new Map<string, SessionCookieName | null>()

function cookieName(appUrl: string, base: string): SessionCookieName | null {
  const key = `${base} ${appUrl}`
  const known = cookieNames.get(key)
  if (known !== undefined) return known
  const name = makeCookieName(new URL(appUrl), base)
  cookieNames.set(key, name)
  return name
}

function makeCookieName({ protocol, port, href }: URL, base: string): SessionCookieName | null {
  if (protocol === 'https:') return { secure: true, name: `__Host-${base}` }
  return isLoopbackUrl(href) ? { secure: false, name: `${base}_${port || 80}` } : null
}

/**
 * The Set-Cookie value that hands a session to a browser.
 *
 * @param maxAgeSeconds  null: until the browser closes
 */
export function sessionCookie(config: Config, credential: Secret, maxAgeSeconds: number | null): string {
  return write(config, sessionCookieName, credential.reveal(), maxAgeSeconds)
}

/** The Set-Cookie value that takes the session cookie away. */
export function clearedSessionCookie(config: Config): string {
  return write(config, sessionCookieName, '', 0)
}

const deviceCookieSeconds = 365 * 86_400

/** The Set-Cookie value that lets this browser be known again. */
export function deviceCookie(config: Config, value: Secret): string {
  return write(config, deviceCookieName, value.reveal(), deviceCookieSeconds)
}

const lastUsedSeconds = 365 * 86_400

/** Where the pages find which provider this browser signed in with last: only a hint. */
export function lastUsedCookieName(appUrl: string): SessionCookieName | null {
  return cookieName(appUrl, 'last')
}

/** The Set-Cookie value that remembers it. `value` is a provider's id. */
export function lastUsedCookie(config: Config, value: string): string {
  return write(config, lastUsedCookieName, value, lastUsedSeconds)
}

function write(
  config: Config,
  nameOf: (appUrl: string) => SessionCookieName | null,
  value: string,
  maxAgeSeconds: number | null,
): string {
  const cookie = nameOf(config.appUrl)
  if (!cookie) throw new Error('no cookie can be set on this address')
  const { name, secure } = cookie
  return setCookie(name, value, { sameSite: 'Lax', maxAgeSeconds, secure: secure as true })
}
