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
  const dance = { provider: provider.id, purpose, state: stateOf(begun.url) }
  const value = sealDance(runtime.roots, dance, runtime.clock.now())
  return {
    url: begun.url,
    cookies: [...begun.cookies, writeDance(runtime, value, danceSeconds)],
  }
}

function stateOf(url: string): string {
  const state = new URL(url).searchParams.get('state')
  if (!state) throw new Error('a dance began without a state')
  return state
}

/** The way back from a provider, as it was asked for. */
export interface PresentedWayBack {
  provider: SocialProvider
  /** The Cookie header. */
  cookies: string | null
  /** `state` of the answer. */
  state: string | null
}

/** What the dance is for that this answer ends; null for one that this browser is not in. */
export function presentedDance(runtime: Runtime, back: PresentedWayBack): Dance | null {
  const cookie = danceCookieName(runtime.config.appUrl, cookieBase)
  const sealed = cookie && readCookie(back.cookies, cookie.name)
  const dance = openDance(runtime.roots, sealed, runtime.clock.now())
  const isIts = dance !== null && dance.provider === back.provider.id && dance.state === back.state
  return isIts ? dance : null
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
