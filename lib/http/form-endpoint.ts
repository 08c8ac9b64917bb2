import { Problem, problems } from '#lib/problems.ts'
import type { Contract } from './contract.ts'
import type { Exchange } from './exchange.ts'
import { type Flash, flashCookie } from './flash.ts'
import { isFormType, parseForm, type SentForm } from './form-body.ts'
import { readText, requireBodySize } from './read-body.ts'
import { logRefusal, toProblem } from './refusal.ts'
import type { Reply } from './reply.ts'
import { safeNext } from './safe-next.ts'

/** True for a form that one of our pages posts to this operation. Without pages a form is a wrong content type. */
export function isPageForm(contract: Contract, { peer, request }: Exchange): boolean {
  return peer.hasPages && contract.form !== undefined && isFormType(request.headers)
}

/**
 * Answers a form with a redirect: a success leads on, with the address that was typed where the
 * contract says so; a refusal leads back to the page with a sealed cookie that says
 * why. `operate` is the same operation that JSON gets; it may say itself what a form gets.
 *
 * @throws Problem `origin_refused` for a form of anybody else's page
 */
export async function answerForm(
  contract: Contract,
  exchange: Exchange,
  operate: (sent: unknown) => Promise<Reply>,
): Promise<Reply> {
  requireBodySize(exchange.request.headers)
  requireOwnOrigin(exchange)
  const form = parseForm(await readText(exchange.request))
  try {
    const { cookies, asForm } = await operate(toFields(contract, form))
    if (asForm) return asForm
    return done(
      exchange,
      form,
      contract.form?.carriesEmail ? { email: form.fields['email'] ?? '' } : null,
      cookies,
    )
  } catch (error) {
    return refused(exchange, form, toProblem(error))
  }
}

function requireOwnOrigin({ runtime, request }: Exchange): void {
  const origin = request.headers.get('origin')
  const isOwn =
    origin === null
      ? request.headers.get('sec-fetch-site') === 'same-origin'
      : origin === runtime.config.appUrl
  if (!isOwn) throw new Problem('origin_refused', { because: `a form of ${origin}` })
}

/** A checkbox that is not ticked is not sent at all. */
function toFields({ form }: Contract, { fields }: SentForm): Record<string, string | boolean> {
  const ticked = Object.fromEntries(
    (form?.checkboxes ?? []).map((name) => [name, Object.hasOwn(fields, name)]),
  )
  return { ...fields, ...ticked }
}

function seeOther({ runtime }: Exchange, wanted: string, cookies: readonly string[]): Reply {
  const location = safeNext(runtime.config, wanted) ?? '/account'
  return { status: 303, headers: { location }, cookies, body: null }
}

function done(
  exchange: Exchange,
  form: SentForm,
  values: Flash['values'] | null,
  cookies: readonly string[],
): Reply {
  if (!values) return seeOther(exchange, form.next, cookies)
  const flash = flashOf(exchange, form.next, { code: null, detail: '', values })
  return seeOther(exchange, form.next, [...cookies, ...flash])
}

const signInCodes = new Set(['unauthenticated', 'invalid_token', 'token_expired', 'session_ended'])

function refused(exchange: Exchange, form: SentForm, problem: Problem): Reply {
  logRefusal(exchange, problem)
  const page = safeNext(exchange.runtime.config, form.page) ?? '/'
  if (signInCodes.has(problem.code)) {
    const ended = problem.options.endedReason ?? 'unknown'
    return seeOther(exchange, `/login?${new URLSearchParams({ next: page, ended })}`, [])
  }
  const { options } = problem
  const cookie = flashOf(exchange, page, {
    form: form.form,
    code: problem.code,
    detail: options.detail ?? problems[problem.code].detail,
    errors: options.errors ?? [],
    values: shownAgain(form.fields),
    retryAfterSeconds: options.retryAfterSeconds ?? null,
    endedReason: options.endedReason ?? null,
  })
  return seeOther(exchange, page, cookie)
}

function flashOf(
  { runtime, requestId }: Exchange,
  page: string,
  content: Partial<Flash> & Pick<Flash, 'code' | 'detail' | 'values'>,
): string[] {
  const empty = { form: '', errors: [], retryAfterSeconds: null, endedReason: null }
  const flash = { ...empty, ...content, page: page.replace(/\?.*$/, ''), requestId }
  const cookie = flashCookie(runtime.config, runtime.roots, flash, runtime.clock.now())
  return cookie ? [cookie] : []
}

/** Named, not guessed: a new secret field must not travel by accident. */
const harmless = new Set(['email', 'new_email', 'username'])

function shownAgain(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => harmless.has(name)))
}
