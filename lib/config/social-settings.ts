import { Secret } from '#lib/crypto/secret.ts'
import type { SocialProvider, SocialProviderId } from './config.ts'
import { isLoopbackUrl } from './loopback.ts'
import type { ConfigProblem } from './read-config.ts'
import type { Environment, EnvironmentName } from './schema.ts'

/** A provider as the settings name it. */
interface Offer {
  id: SocialProviderId
  name: string
  settings: { id: EnvironmentName; secret: EnvironmentName }
  issuer: string | undefined
}

function offers(env: Environment): Offer[] {
  const settingsOf = <Name extends string>(name: Name) =>
    ({ id: `AUTH_${name}_ID`, secret: `AUTH_${name}_SECRET` }) as const
  return [
    { id: 'google', name: 'Google', settings: settingsOf('GOOGLE'), issuer: 'https://accounts.google.com' },
    { id: 'github', name: 'GitHub', settings: settingsOf('GITHUB'), issuer: env.AUTH_GITHUB_URL },
    {
      id: 'microsoft-entra-id',
      name: 'Microsoft',
      settings: settingsOf('MICROSOFT_ENTRA_ID'),
      issuer: env.AUTH_MICROSOFT_ENTRA_ID_ISSUER,
    },
    { id: 'apple', name: 'Apple', settings: settingsOf('APPLE'), issuer: 'https://appleid.apple.com' },
    { id: 'gitlab', name: 'GitLab', settings: settingsOf('GITLAB'), issuer: env.AUTH_GITLAB_URL },
    { id: 'discord', name: 'Discord', settings: settingsOf('DISCORD'), issuer: 'https://discord.com' },
    { id: 'oidc', name: env.OIDC_NAME, settings: settingsOf('OIDC'), issuer: env.OIDC_ISSUER },
  ]
}

/** The providers that are set up whole; one that is set up in part is a problem. */
export function socialProviders(env: Environment): SocialProvider[] {
  return offers(env).flatMap(({ id, name, settings, issuer }) => {
    const [clientId, clientSecret] = [textOf(env, settings.id), textOf(env, settings.secret)]
    if (!clientId || !clientSecret || !issuer) return []
    return [{ id, name, clientId, clientSecret: new Secret(clientSecret), issuer }]
  })
}

/** What is wrong with the settings of providers, whatever the mode. */
export function socialProblems(env: Environment, appUrl: string, now: Date | undefined): ConfigProblem[] {
  return [...offers(env).flatMap((offer) => halves(env, offer)), ...appleProblems(env, appUrl, now)]
}

function halves(env: Environment, { id, name, settings, issuer }: Offer): ConfigProblem[] {
  const own = id === 'oidc' ? [{ setting: 'OIDC_ISSUER', value: issuer }] : []
  const parts = [
    ...own,
    { setting: settings.id, value: textOf(env, settings.id) },
    { setting: settings.secret, value: textOf(env, settings.secret) },
  ]
  const missing = parts.filter(({ value }) => !value)
  if (missing.length === parts.length) return []
  const set = parts.find(({ value }) => value)?.setting ?? ''
  const remedy = `Set it, or leave out ${set} to do without ${id === 'oidc' ? 'this provider' : name}.`
  return missing.map(({ setting }) => ({ setting, problem: `is not set, and ${set} is`, remedy }))
}

/** Apple answers with a form of its own page, whose cookies browsers send over https only. */
function appleProblems(env: Environment, appUrl: string, now: Date | undefined): ConfigProblem[] {
  if (!env.AUTH_APPLE_ID || !env.AUTH_APPLE_SECRET) return []
  const setting = 'AUTH_APPLE_SECRET'
  if (appUrl.startsWith('http:')) {
    const where = isLoopbackUrl(appUrl) ? ', also on this machine' : ''
    return [{ setting: 'AUTH_APPLE_ID', problem: `is set, and Apple needs an APP_URL with https${where}` }]
  }
  const end = endOfJwt(env.AUTH_APPLE_SECRET)
  if (end === null) {
    const remedy =
      'Sign it with your key: the header alg ES256 and kid, the claims iss, iat, exp, aud and sub.'
    return [{ setting, problem: 'is not the JWT that Apple asks for as a client secret', remedy }]
  }
  if (!now || end > now.getTime() / 1000) return []
  const problem = `ended on ${new Date(end * 1000).toISOString().slice(0, 10)}`
  return [{ setting, problem, remedy: 'Sign a new one; Apple takes them for six months at most.' }]
}

/** `exp` of a JWT in seconds, unverified: only Apple can tell whether it is right. */
function endOfJwt(jwt: string): number | null {
  try {
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return Number.isInteger(claims.exp) ? claims.exp : null
  } catch {
    return null
  }
}

function textOf(env: Environment, name: EnvironmentName): string | undefined {
  const value = env[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
