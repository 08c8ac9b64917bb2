import type { Config } from '#lib/config/config.ts'
import type { RootKeys } from '#lib/crypto/root-keys.ts'
import { seal, unseal } from '#lib/crypto/sealing.ts'
import { setCookie } from '#lib/encoding/cookie.ts'
import type { FieldProblem, ProblemCode } from '#lib/problems.ts'
import { formCookieName } from '#lib/session/session-cookie.ts'

/** What a form that was sent without scripts has to show on the page it leads to: a refusal, or what was typed. */
export interface Flash {
  /** The page it is for. */
  page: string
  /** Which of its forms; empty where it has one. */
  form: string
  /** Null after a success. */
  code: ProblemCode | null
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
const detailLengthMax = 200
const context = 'form'

/**
 * The Set-Cookie value that carries it to its page, sealed, for a minute. What is too much to carry is left out:
 * the values, then the fields; null when even the rest does not fit, or no cookie can be had.
 */
export function flashCookie(config: Config, roots: RootKeys, flash: Flash, now: Date): string | null {
  const cookie = formCookieName(config.appUrl)
  if (!cookie) return null
  const withoutValues = { ...flash, values: {} }
  const short = { ...withoutValues, errors: [], detail: flash.detail.slice(0, detailLengthMax) }
  const value = [flash, withoutValues, short]
    .map((one) => sealFlash(roots, { ...one, endsMs: now.getTime() + lifeSeconds * 1000 }))
    .find((sealed) => sealed.length <= sealedLengthMax)
  if (value === undefined) return null
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

/** Opens what a page was sent; null when it is for another page, altered, older than a minute, or not there. */
export function readFlash(roots: RootKeys, presented: string | null, page: string, now: Date): Flash | null {
  if (!presented) return null
  const opened = unseal(roots, Buffer.from(presented, 'base64url'), context, 'form')
  if (!opened) return null
  const { endsMs, ...flash }: SealedFlash = JSON.parse(opened.toString('utf8'))
  return flash.page === page && now.getTime() < endsMs ? flash : null
}

/** The end is inside the seal too: whoever keeps a cookie does not heed its Max-Age. */
interface SealedFlash extends Flash {
  endsMs: number
}

function sealFlash(roots: RootKeys, flash: SealedFlash): string {
  return seal(roots, Buffer.from(JSON.stringify(flash)), context, 'form').toString('base64url')
}
