import type { Exchange } from '#lib/http/exchange.ts'
import { isFormType } from '#lib/http/form-body.ts'
import { passesOriginRule } from '#lib/http/origin.ts'
import { readJsonBody, readText, requireBodySize } from '#lib/http/read-body.ts'
import { jsonReply, type Reply } from '#lib/http/reply.ts'
import { Problem } from '#lib/problems.ts'

/** Requires a request of our own pages, or of an allowed front end. @throws Problem `origin_refused` */
export function requireOwnOrigin({ runtime, request }: Exchange): void {
  if (passesOriginRule(runtime.config, request.headers)) return
  throw new Problem('origin_refused', { because: `origin ${request.headers.get('origin')}` })
}

/**
 * The fields of a form, or of a flat JSON object.
 *
 * @throws Problem `body_too_large`, `unsupported_media_type`, `malformed_json`, or `invalid_request` for NUL
 */
export async function readFields({ request }: Exchange): Promise<URLSearchParams> {
  requireBodySize(request.headers)
  if (isFormType(request.headers)) return readForm(await readText(request))
  const body = await readJsonBody(request)
  const fields = Object.entries(typeof body === 'object' && body !== null ? body : {})
  return new URLSearchParams(
    fields.flatMap(([name, value]) => (isPlain(value) ? [[name, String(value)]] : [])),
  )
}

function readForm(text: string): URLSearchParams {
  const fields = new URLSearchParams(text)
  const hasNul = [...fields.values()].some((value) => value.includes('\0'))
  if (hasNul) throw new Problem('invalid_request', { because: 'NUL in a form' })
  return fields
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

/** True for the client of Auth.js, which leads the browser on by itself. */
export function wantsAddress({ request }: Exchange): boolean {
  return request.headers.has('x-auth-return-redirect') || !isFormType(request.headers)
}

/** Leads on: the address for a client that goes there by itself, else a redirect. */
export function leadOn(exchange: Exchange, url: string, cookies: readonly string[]): Reply {
  if (wantsAddress(exchange) && exchange.request.method === 'POST') {
    return { ...jsonReply(200, JSON.stringify({ url })), cookies }
  }
  return { status: 302, headers: { location: url }, cookies, body: null }
}
