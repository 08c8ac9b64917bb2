import { customFetch } from '@auth/core'
import type { OAuthConfig, OIDCConfig, Provider } from '@auth/core/providers'
import Apple from '@auth/core/providers/apple'
import Discord from '@auth/core/providers/discord'
import GitHub from '@auth/core/providers/github'
import GitLab from '@auth/core/providers/gitlab'
import Google from '@auth/core/providers/google'
import MicrosoftEntraId from '@auth/core/providers/microsoft-entra-id'
import type { SocialProvider, SocialProviderId } from '#lib/config/config.ts'
import { identityOf, type Profile, type ProvenIdentity } from '../proven-identity.ts'
import { createProviderFetch, type ProviderTrace, type PublishedDocuments } from './provider-fetch.ts'

/** What a dance brings along for its provider, and learns from it. */
export interface DanceLine {
  clock: Parameters<typeof createProviderFetch>[0]['clock']
  published: PublishedDocuments
  trace: ProviderTrace
  onIdentity: (identity: ProvenIdentity) => void
}

type OwnProvider = (OAuthConfig<Profile> | OIDCConfig<Profile>) & { [customFetch]?: typeof fetch }

/** A provider as Auth.js takes it. Everything that leaves for it, and everything that it says, goes through ours. */
export function toAuthProvider(provider: SocialProvider, line: DanceLine): Provider {
  const ours = createProviderFetch({ provider, ...line }, amendments[provider.id] ?? asItIs)
  const made = makers[provider.id](provider, ours)
  return {
    ...made,
    name: provider.name,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret.reveal(),
    profile(profile: Profile) {
      const isOpenId = 'type' in made && made.type === 'oidc'
      // What Auth.js took for an ID token, and nobody here has verified.
      if (isOpenId && !line.trace.idTokenClaims) throw new TypeError('no ID token was verified')
      const identity = readIdentity(provider, profile, line.trace)
      line.onIdentity(identity)
      return { id: adapterAccountId(identity), email: identity.email }
    },
    [customFetch]: ours,
  } as unknown as Provider
}

function readIdentity(provider: SocialProvider, profile: Profile, { idTokenClaims }: ProviderTrace) {
  const issuer = typeof idTokenClaims?.['iss'] === 'string' ? idTokenClaims['iss'] : null
  // An address and its being verified come from one place, or one could vouch for the other.
  const apart = 'email' in profile ? { email_verified: undefined } : {}
  const identity = identityOf(provider, { ...idTokenClaims, ...apart, ...profile }, issuer)
  const isSameSubject = idTokenClaims === null || idTokenClaims['sub'] === identity.subject
  if (!isSameSubject) throw new TypeError('the profile is of another subject than the ID token')
  return identity
}

/** An identity as Auth.js names it: by issuer and subject, never by the provider's short name. */
export function adapterAccountId({ issuer, subject }: { issuer: string; subject: string }): string {
  return JSON.stringify([issuer, subject])
}

const checksOfOpenId: ('pkce' | 'state' | 'nonce')[] = ['pkce', 'state', 'nonce']
const checksOfOauth: ('pkce' | 'state')[] = ['pkce', 'state']

const makers: Record<SocialProviderId, (provider: SocialProvider, ours: typeof fetch) => object> = {
  google: () => ({ ...Google({}), checks: checksOfOpenId }),
  // Apple knows no PKCE.
  apple: () => ({ ...Apple({}), checks: ['nonce', 'state'] }),
  'microsoft-entra-id': ({ issuer }) => ({
    ...MicrosoftEntraId({ issuer }),
    issuer,
    checks: checksOfOpenId,
    authorization: { params: { scope: 'openid profile email' } },
  }),
  github: ({ issuer }, ours) => {
    const made = GitHub({ enterprise: { baseUrl: issuer } }) as unknown as OwnProvider
    const api = issuer === 'https://github.com' ? 'https://api.github.com' : `${issuer}/api/v3`
    return {
      ...made,
      token: `${issuer}/login/oauth/access_token`,
      checks: checksOfOauth,
      userinfo: { url: `${api}/user`, request: readGitHub(api, ours) },
    }
  },
  gitlab: ({ issuer }) => ({
    ...GitLab({ baseUrl: issuer }),
    ...gitLabPlaces(issuer),
    checks: checksOfOauth,
  }),
  discord: () => ({ ...Discord({}), checks: checksOfOauth }),
  oidc: ({ issuer }) => ({
    id: 'oidc',
    type: 'oidc',
    issuer,
    // Many name the address at their userinfo endpoint only.
    idToken: false,
    checks: checksOfOpenId,
  }),
}

function gitLabPlaces(issuer: string) {
  return {
    issuer,
    authorization: `${issuer}/oauth/authorize?scope=read_user`,
    token: `${issuer}/oauth/token`,
    userinfo: `${issuer}/api/v4/user`,
  }
}

/** GitHub tells which addresses it has verified at an address of its own. */
function readGitHub(api: string, ours: typeof fetch) {
  return async ({ tokens }: { tokens: { access_token?: string } }) => {
    const headers = { authorization: `Bearer ${tokens.access_token}`, 'user-agent': 'session-management' }
    const profile = (await (await ours(`${api}/user`, { headers })).json()) as Profile
    const answer = await ours(`${api}/user/emails`, { headers })
    const emails: unknown = answer.ok ? await answer.json() : []
    const primary = (Array.isArray(emails) ? emails : []).find((one) => one?.primary === true)
    return { ...profile, email: primary?.email ?? null, email_verified: primary?.verified === true }
  }
}

const asItIs = (metadata: Profile): Profile => metadata

const amendments: Partial<Record<SocialProviderId, (metadata: Profile) => Profile>> = {
  // Auth.js asks for an endpoint that Apple has not, and does not use it.
  apple: (metadata) => ({ userinfo_endpoint: 'https://appleid.apple.com/none', ...metadata }),
  'microsoft-entra-id': (metadata) => ({
    ...metadata,
    issuer: String(metadata['issuer']).replace('{tenantid}', 'common'),
  }),
}
