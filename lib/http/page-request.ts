import { readCookie } from '#lib/encoding/cookie.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { formCookieName } from '#lib/session/session-cookie.ts'
import { clearedFlashCookie } from './flash.ts'
import { pageHeaders, pagePolicy } from './page-headers.ts'

const nonceBytes = 16

/**
 * What a page is drawn with: Next takes the nonce of its scripts from the policy on the request; the answer carries the
 * same policy, and takes away the refusal that the page is about to show.
 */
export function preparePage(
  { config, random }: Pick<Runtime, 'config' | 'random'>,
  cookies: string | null,
  isDevelopment: boolean,
): { policy: string; responseHeaders: Record<string, string> } {
  const policy = pagePolicy(random.bytes(nonceBytes).toString('base64'), isDevelopment)
  const form = formCookieName(config.appUrl)
  const hasFlash = form !== null && readCookie(cookies, form.name) !== null
  const cleared = hasFlash ? clearedFlashCookie(config) : null
  return {
    policy,
    responseHeaders: { ...pageHeaders(config, policy), ...(cleared && { 'set-cookie': cleared }) },
  }
}
