import type { SocialProvider } from '#lib/config/config.ts'
import { readCookie, setCookie } from '#lib/encoding/cookie.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { danceCookieName } from '#lib/session/session-cookie.ts'
import { beginWithAuthJs, type DanceBegun } from './auth-js/run-dance.ts'
import { type Dance, type DancePurpose, danceSeconds, openDance, sealDance } from './dance.ts'

const cookieBase = 'dance'

export interface DanceStart {
  provider: SocialProvider
  purpose: DancePurpose
  /** Where a sign-in leads, as it came from outside. */
  next: string
  /** The Cookie header. */
  cookies: string | null
  block: string
}

/**
 * Begins a dance with a provider, and lets the browser carry what it is for.
 *
 * @throws Problem `rate_limited`, `provider_unavailable` or `social_refused`
 */
export async function beginDance(runtime: Runtime, start: DanceStart): Promise<DanceBegun> {
  const { provider, purpose } = start
  await runtime.limits.windows.use('dance', start.block)
  const begun = await beginWithAuthJs(runtime, start, start.next)
  const value = sealDance(runtime.roots, { provider: provider.id, purpose }, runtime.clock.now())
  return {
    url: begun.url,
    cookies: [...begun.cookies, writeDance(runtime, value, danceSeconds)],
  }
}

/** What the dance is for that this browser is in; null for none. */
export function presentedDance(runtime: Runtime, cookies: string | null): Dance | null {
  const cookie = danceCookieName(runtime.config.appUrl, cookieBase)
  return cookie && openDance(runtime.roots, readCookie(cookies, cookie.name), runtime.clock.now())
}

/** The Set-Cookie value that ends it. */
export function clearedDance(runtime: Runtime): string {
  return writeDance(runtime, '', 0)
}

function writeDance({ config }: Runtime, value: string, maxAgeSeconds: number): string {
  const cookie = danceCookieName(config.appUrl, cookieBase)
  if (!cookie) throw new Error('no cookie can be set on this address')
  return setCookie<string>(cookie.name, value, { sameSite: 'Lax', maxAgeSeconds, secure: cookie.secure })
}
