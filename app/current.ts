import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { presentedCredential } from '#lib/http/credentials.ts'
import { readFlash } from '#lib/http/flash.ts'
import { isProblem } from '#lib/problems.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import { authenticate, type Principal } from '#lib/session/authenticate.ts'
import { formCookieName, lastUsedCookieName } from '#lib/session/session-cookie.ts'
import { type FormState, toFormState } from '../components/forms/form-state.ts'

/** What pages may know of the request they are drawn for. The only place in app/ that reads cookies and headers. */

export async function appName(): Promise<string> {
  return (await processRuntime()).config.appName
}

/** Who is signed in, or why nobody is. Asked once for each request, and again for the next one. */
export const currentSession = cache(async (): Promise<CurrentSession> => {
  const runtime = await processRuntime()
  const sent = await headers()
  const credential = presentedCredential(runtime.config, sent)
  // A page is opened by navigating to it; there is nobody to send a bearer token.
  if (credential.kind !== 'cookie') return { kind: 'none', endedReason: null }
  try {
    const principal = await authenticate(runtime, credential)
    if (!sent.has('x-passive')) runtime.touches.note(principal.session.id)
    return { kind: 'signed-in', principal }
  } catch (error) {
    if (!isProblem(error) || error.status !== 401) throw error
    return { kind: 'none', endedReason: error.options.endedReason ?? null }
  }
})

export type CurrentSession =
  | { kind: 'signed-in'; principal: Principal }
  | { kind: 'none'; endedReason: string | null }

/**
 * The signed-in user of this request; everybody else is led to the sign-in page and back. Coming straight from a
 * sign-in without a session means that the browser did not keep the cookie.
 */
export async function requirePrincipal(page: string, query: Query): Promise<Principal> {
  const session = await currentSession()
  const isFromSignIn = (await queryValue(query, 'from')) === 'sign-in'
  if (session.kind === 'signed-in') return isFromSignIn ? redirect(page) : session.principal
  if (isFromSignIn) redirect(`/login?${new URLSearchParams({ next: page, cookie: 'lost' })}`)
  const ended = session.endedReason && { ended: session.endedReason }
  redirect(`/login?${new URLSearchParams({ next: page, ...ended })}`)
}

/**
 * The refusal that a form without scripts left for this page.
 *
 * @param form  its name, where the page has several
 */
export async function flashFor(page: string, form?: string): Promise<FormState | null> {
  const flash = await presentedFlash(page)
  if (!flash?.code || (form !== undefined && flash.form !== form)) return null
  const { code, detail, errors, values, retryAfterSeconds, endedReason, requestId } = flash
  const problem = { code, detail, errors: [...errors], request_id: requestId }
  return toFormState(
    { ...problem, ...(endedReason && { ended_reason: endedReason }) },
    values,
    retryAfterSeconds,
  )
}

/** The address that was typed into the form without scripts whose success led to this page; null for none. */
export async function typedEmailFor(page: string): Promise<string | null> {
  const flash = await presentedFlash(page)
  return flash?.code === null ? (flash.values['email'] ?? null) : null
}

async function presentedFlash(page: string) {
  const runtime = await processRuntime()
  const cookie = formCookieName(runtime.config.appUrl)
  const presented = cookie && (await cookies()).get(cookie.name)?.value
  return readFlash(runtime.roots, presented ?? null, page, runtime.clock.now())
}

/** The title of a page with a form: a refusal is said first. */
export async function titleFor(page: string, title: string) {
  return { title: (await flashFor(page)) ? `Error: ${title}` : title }
}

/** The providers that are set up, as pages show them, and the one that this browser signed in with last. */
export async function socialChoice() {
  const { config } = await processRuntime()
  const providers = config.social.providers.map(({ id, name }) => ({ id, name }))
  const cookie = lastUsedCookieName(config.appUrl)
  const lastUsed = (cookie && (await cookies()).get(cookie.name)?.value) ?? null
  return { providers, lastUsed }
}

/** Why a sign-in with a provider or by Auth.js came to nothing; of providers that are not set up nothing is said. */
export async function socialRefusal(query: Query): Promise<{ code: string | null; provider: string | null }> {
  const { providers } = await socialChoice()
  const id = await queryValue(query, 'provider')
  const provider = providers.find((one) => one.id === id)?.name ?? null
  // signIn("credentials") of Auth.js leads here with its own words for it.
  const isOfAuthJs = (await queryValue(query, 'error')) === 'CredentialsSignin'
  const code = await queryValue(query, isOfAuthJs ? 'code' : 'social')
  return { code, provider }
}

export type Query = Promise<Record<string, string | string[] | undefined>>

/** One value of the query; null when it is missing or there are several. */
export async function queryValue(query: Query, name: string): Promise<string | null> {
  const value = (await query)[name]
  return typeof value === 'string' ? value : null
}
