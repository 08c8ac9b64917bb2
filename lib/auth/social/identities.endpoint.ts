import { requireFreshSignIn } from '#lib/accounts/fresh-sign-in.ts'
import { done } from '#lib/auth/done.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { Problem } from '#lib/problems.ts'
import { leadAway } from './auth-js/lead-away.ts'
import { beginDance } from './begin-dance.ts'
import { spendCode } from './exchange-code.ts'
import { linkToAccount } from './link-identity.ts'
import { listWaysIn } from './list-identities.ts'
import { findProvider } from './provider-name.ts'
import {
  connectProviderContract,
  linkSocialCodeContract,
  listIdentitiesContract,
  unlinkIdentityContract,
} from './social.contract.ts'
import { unlinkFromAccount } from './unlink-identity.ts'

export const listIdentitiesEndpoint = endpoint(listIdentitiesContract, async ({ runtime, principal }) => {
  const { identities, hasPassword } = await listWaysIn(runtime, principal.user.id)
  return {
    body: {
      has_password: hasPassword,
      identities: identities.map(({ id, provider, name, email, linkedAt, lastUsedAt }) => ({
        id,
        provider,
        name,
        email,
        linked_at: linkedAt.toISOString(),
        last_used_at: lastUsedAt?.toISOString() ?? null,
      })),
    },
  }
})

export const linkSocialCodeEndpoint = endpoint(
  linkSocialCodeContract,
  async ({ runtime, body, principal, client }) => {
    await requireFreshSignIn(runtime, principal, body.password)
    const identity = await spendCode(runtime, { code: body.code, verifier: body.code_verifier })
    const { user, session } = principal
    await linkToAccount(runtime, { user, sessionId: session.id, client }, identity)
    return { body: done('Connected. You can sign in with it from now on.') }
  },
)

/** Only our own pages: the cookies of the dance stay in the browser that asks. */
export const connectProviderEndpoint = endpoint(connectProviderContract, async (call) => {
  const { runtime, body, principal, client, request } = call
  await requireFreshSignIn(runtime, principal, body.password)
  const provider = findProvider(runtime, body.provider)
  if (!provider) throw new Problem('not_found', { because: 'no such provider' })
  const page = '/account/security'
  const begun = await beginDance(runtime, {
    provider,
    purpose: { kind: 'link', page, sessionId: principal.session.id },
    next: page,
    cookies: request.headers.get('cookie'),
    block: client.block,
  })
  return {
    body: { url: begun.url },
    cookies: begun.cookies,
    asForm: leadAway(call, provider.name, begun),
  }
})

export const unlinkIdentityEndpoint = endpoint(
  unlinkIdentityContract,
  async ({ runtime, body, principal, client, parameter }) => {
    await requireFreshSignIn(runtime, principal, body?.password)
    await unlinkFromAccount(runtime, principal, { id: parameter, client })
    return { body: done('Disconnected. It signs in to your account no more.') }
  },
)
