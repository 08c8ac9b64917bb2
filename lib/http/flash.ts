import type { Config } from '#lib/config/config.ts'
import type { RootKeys } from '#lib/crypto/root-keys.ts'
import { seal, unseal } from '#lib/crypto/sealing.ts'
import { setCookie } from '#lib/encoding/cookie.ts'
import type { FieldProblem } from '#lib/problems.ts'
import { formCookieName } from '#lib/session/session-cookie.ts'

/** What a refused form of a page without scripts has to show when that page is drawn again. */
export interface Flash {
  /** The page it is for. */
  page: string
  code: string
  detail: string
  errors: readonly FieldProblem[]
  /** What was typed and is no secret. */
  values: Record<string, string>
  retryAfterSeconds: number | null
  endedReason: string | null
  requestId: string
}

const lifeSeconds = 60
/** A browser keeps 4,096 bytes of a cookie, name and attributes included. */
const sealedLengthMax = 3500
const context = 'form'

/** The Set-Cookie value that carries a refusal to its page, sealed, for a minute. Too much to carry: without the values. */
export function flashCookie(config: Config, roots: RootKeys, flash: Flash): string | null {
  const cookie = formCookieName(config.appUrl)
  if (!cookie) return null
  const sealed = sealFlash(roots, flash)
  const value = sealed.length > sealedLengthMax ? sealFlash(roots, { ...flash, values: {} }) : sealed
  const { name, secure } = cookie
  return setCookie(name, value, { sameSite: 'Lax', maxAgeSeconds: lifeSeconds, secure: secure as true })
}

/** The Set-Cookie value that takes it away once it was shown. */
export function clearedFlashCookie(config: Config): string | null {
  const cookie = formCookieName(config.appUrl)
  return (
    cookie && setCookie(cookie.name, '', { sameSite: 'Lax', maxAgeSeconds: 0, secure: cookie.secure as true })
  )
}

/** Opens what a page was sent; null when it is for another page, altered, or not there. */
export function readFlash(roots: RootKeys, presented: string | null, page: string): Flash | null {
  if (!presented) return null
  const opened = unseal(roots, Buffer.from(presented, 'base64url'), context, 'form')
  if (!opened) return null
  const flash: Flash = JSON.parse(opened.toString('utf8'))
  return flash.page === page ? flash : null
}

function sealFlash(roots: RootKeys, flash: Flash): string {
  return seal(roots, Buffer.from(JSON.stringify(flash)), context, 'form').toString('base64url')
}
