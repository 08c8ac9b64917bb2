import type { AuthConfig } from '@auth/core'
import type { UserRow } from '#db/queries/users.ts'
import type { SocialProvider } from '#lib/config/config.ts'
import { safeNext } from '#lib/http/safe-next.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { ProvenIdentity } from '../proven-identity.ts'
import { callAuthJs } from './call.ts'
import { toDanceProblem } from './failure.ts'
import type { ProviderTrace, PublishedDocuments } from './provider-fetch.ts'

/** What providers have published, for as long as the process lives. */
const publishedOf = new WeakMap<Runtime['config'], PublishedDocuments>()

interface Line {
  provider: SocialProvider
  /** The Cookie header. */
  cookies: string | null
}

/** The first step of a dance: where the browser goes, and the cookies that it brings back. */
export interface DanceBegun {
  url: string
  cookies: string[]
}

/**
 * Begins a dance.
 *
 * @param next  where it leads after a sign-in, as it came from outside
 * @throws Problem `provider_unavailable` or `social_refused`
 */
export async function beginWithAuthJs(
  runtime: Runtime,
  { provider, cookies }: Line,
  next: string,
): Promise<DanceBegun> {
  const { skipCSRFCheck } = await import('@auth/core')
  const trace: ProviderTrace = { idTokenClaims: null, isDown: false }
  const made = await providerOf(runtime, provider, trace, () => {})
  try {
    const answer = await callAuthJs(
      runtime,
      {
        method: 'POST',
        path: `/signin/${provider.id}`,
        form: new URLSearchParams({ callbackUrl: ownRedirect(runtime, next) }),
        cookies,
      },
      // Our own rule about origins stands before this, and is stricter.
      {
        providers: [made],
        skipCSRFCheck: skipCSRFCheck as never,
        callbacks: { redirect: (to) => ownRedirect(runtime, to.url) },
      },
    )
    if (answer.redirect === null) throw new Error('Auth.js named no address')
    return { url: answer.redirect, cookies: answer.cookies }
  } catch (error) {
    throw toDanceProblem({ error, trace, told: null })
  }
}

/** What a dance came to. `user` and `identity` are null when it was settled without a sign-in. */
export interface DanceEnd {
  redirect: string
  cookies: string[]
  signedIn: { user: UserRow; identity: ProvenIdentity } | null
}

export interface DanceSteps {
  /**
   * Called with the identity, once all that the provider said was verified.
   *
   * @returns who signs in; null for an identity that gets an account of its own; `elsewhere` when there is nothing to
   *          sign in to
   */
  admit(identity: ProvenIdentity): Promise<UserRow | null | { elsewhere: string }>
  /** Makes the account of an identity that nobody has. */
  create(identity: ProvenIdentity): Promise<UserRow>
}

/** How the provider led back. */
export interface WayBack extends Line {
  query: URLSearchParams
}

/** Whose answer Auth.js expects in a form. */
const answersByForm: ReadonlySet<SocialProvider['id']> = new Set(['apple'])

/**
 * Ends a dance: Auth.js checks state, PKCE and nonce, fetches the tokens and judges them; `steps` decide what becomes of
 * it. No session of Auth.js's own begins: the caller starts ours.
 *
 * @throws Problem  what the steps throw, or why the dance was given up
 */
export async function endWithAuthJs(runtime: Runtime, back: WayBack, steps: DanceSteps): Promise<DanceEnd> {
  const { provider, cookies } = back
  const query = withoutSteering(back.query)
  const isForm = answersByForm.has(provider.id)
  const trace: ProviderTrace = { idTokenClaims: null, isDown: false }
  const course = createCourse(runtime, steps)
  const made = await providerOf(runtime, provider, trace, course.note)
  const { createAdapter } = await import('./adapter.ts')
  try {
    const answer = await callAuthJs(
      runtime,
      {
        method: isForm ? 'POST' : 'GET',
        path: `/callback/${provider.id}${isForm ? '' : `?${query}`}`,
        cookies,
        ...(isForm && { form: query }),
      },
      {
        providers: [made],
        adapter: createAdapter(runtime.database, course.create),
        callbacks: { ...course.callbacks, redirect: (to) => course.redirect(to.url) },
        // The caller begins our session; here is nothing to encode, and none to find.
        jwt: { encode: async () => 'ours', decode: async () => null },
      },
    )
    return course.end(answer)
  } catch (error) {
    if (course.failure()) throw course.failure()
    throw toDanceProblem({ error, trace, told: query.get('error') })
  }
}

/** What happens between the way back and the end, in the order in which Auth.js asks. */
function createCourse(runtime: Runtime, steps: DanceSteps) {
  const seen: {
    identity: ProvenIdentity | null
    user: UserRow | null
    elsewhere: string | null
    failure: unknown
  } = { identity: null, user: null, elsewhere: null, failure: null }

  /** Auth.js wraps what is thrown inside it until nobody knows it again. */
  async function keepingFailure<Result>(
    work: (identity: ProvenIdentity) => Promise<Result>,
  ): Promise<Result> {
    try {
      if (!seen.identity) throw new Error('Auth.js went on without an identity')
      return await work(seen.identity)
    } catch (error) {
      seen.failure ??= error
      throw error
    }
  }

  const callbacks: AuthConfig['callbacks'] = {
    signIn: () =>
      keepingFailure(async (identity) => {
        const admitted = await steps.admit(identity)
        if (admitted && 'elsewhere' in admitted) {
          seen.elsewhere = admitted.elsewhere
          return admitted.elsewhere
        }
        seen.user = admitted
        return true
      }),
  }

  return {
    callbacks,
    note: (identity: ProvenIdentity) => {
      seen.identity = identity
    },
    create: () =>
      keepingFailure(async (identity) => {
        const user = await steps.create(identity)
        seen.user = user
        return { id: user.id, email: user.email, emailVerified: user.emailVerifiedAt }
      }),
    redirect: (url: string) => (url === seen.elsewhere ? url : ownRedirect(runtime, url)),
    failure: () => seen.failure,
    end({ redirect, cookies }: { redirect: string | null; cookies: string[] }): DanceEnd {
      const { identity, user, elsewhere } = seen
      // Without a profile it leads back to a sign-in page of its own.
      if (!identity || redirect === null) throw new Error('the profile could not be read')
      if (elsewhere !== null) return { redirect: elsewhere, cookies, signedIn: null }
      if (!user) throw new Error('Auth.js let somebody in whom nobody admitted')
      return { redirect, cookies, signedIn: { user, identity } }
    },
  }
}

async function providerOf(
  runtime: Runtime,
  provider: SocialProvider,
  trace: ProviderTrace,
  onIdentity: (identity: ProvenIdentity) => void,
) {
  const { toAuthProvider } = await import('./providers.ts')
  const published = publishedOf.get(runtime.config) ?? new Map()
  publishedOf.set(runtime.config, published)
  return toAuthProvider(provider, { clock: runtime.clock, published, trace, onIdentity })
}

/** What Auth.js takes from its own forms; a way back must not bring it along. */
function withoutSteering(parameters: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...parameters].filter(([name]) => !['callbackUrl', 'csrfToken'].includes(name)))
}

/** Any address from outside becomes one of our pages, or of an allowed front end. */
export function ownRedirect({ config }: Pick<Runtime, 'config'>, wanted: string): string {
  const path = wanted.startsWith(`${config.appUrl}/`) ? wanted.slice(config.appUrl.length) : wanted
  return new URL(safeNext(config, path) ?? '/account', config.appUrl).href
}
