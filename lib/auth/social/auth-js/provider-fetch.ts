import type { SocialProvider } from '#lib/config/config.ts'
import { isLoopbackHost, isLoopbackUrl } from '#lib/config/loopback.ts'
import { verifyIdTokenSignature } from '#lib/crypto/id-token.ts'
import { clockLeewaySeconds } from '#lib/crypto/jwt.ts'
import { parseUrl } from '#lib/encoding/parse-url.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Profile } from '../proven-identity.ts'

const answerMsMax = 5000
const answerBytesMax = 256 * 1024
/** For metadata and keys of a provider. A new signing key is looked for at once, but not more often than this. */
const keptMs = 600_000
const keysAgainMs = 10_000

/** What providers publish, by address. One for each process. */
export interface PublishedDocuments {
  kept: Map<string, { text: string; readMs: number }>
  /** On their way: who comes meanwhile waits for the same answer. */
  readings: Map<string, Promise<ProviderAnswer>>
}

/** What a dance learned on its way beside what Auth.js tells. */
export interface ProviderTrace {
  /** Of the ID token whose signature was verified. */
  idTokenClaims: Profile | null
  /** True when the provider could not be reached, or failed. */
  isDown: boolean
}

interface ProviderLine {
  provider: SocialProvider
  published: PublishedDocuments
  clock: Clock
  trace: ProviderTrace
}

/**
 * The only way to a provider: https (or this machine), five seconds, 256 KiB, no redirects; what it publishes is kept for
 * ten minutes. An ID token is handed on only after its signature was verified, which Auth.js leaves out because it came
 * over TLS.
 *
 * @param amend  what Auth.js needs to be told otherwise about a provider's metadata
 */
export function createProviderFetch(line: ProviderLine, amend: (metadata: Profile) => Profile): typeof fetch {
  const metadataUrl = { current: '' }
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.pathname.endsWith('/.well-known/openid-configuration')) {
      metadataUrl.current ||= url.href
      return answerJson(JSON.stringify(await readMetadata(line, url, amend)))
    }
    const response = await ask(line, url.href, init)
    const body = parseObject(response.text)
    // The first one, from the token endpoint: nothing that comes later may take its place.
    const isToken = init?.method === 'POST' && line.trace.idTokenClaims === null
    if (init?.method === 'POST') requireCarriable(body?.['access_token'])
    if (isToken && typeof body?.['id_token'] === 'string') {
      line.trace.idTokenClaims = await verifyIdToken(line, body['id_token'], metadataUrl.current)
    }
    return new Response(response.text, { status: response.status, headers: response.headers })
  }
}

/** RFC 6749 appendix A.12. Another one would be complained of by whoever puts it into a header, and be told in full. */
function requireCarriable(accessToken: unknown): void {
  if (typeof accessToken !== 'string' || /^[ -~]*$/.test(accessToken)) return
  throw new TypeError('the access token can be carried by no header')
}

/** Nothing that is wrong is kept: a provider that has mended its settings must not be refused for ten minutes. */
async function readMetadata(line: ProviderLine, url: URL, amend: (metadata: Profile) => Profile) {
  const metadata = amend(await readPublished(line, url.href))
  const { issuer, authorization_endpoint: away } = metadata
  const address = typeof away === 'string' ? parseUrl(away) : null
  const leadsAway = address && isSafe(line, address)
  // Auth.js judges the issuer. Where it sends people to it does not look at, and it could be a script.
  if (!isOf(url, issuer) || !leadsAway) line.published.kept.delete(url.href)
  if (!leadsAway) throw new TypeError('the metadata send people to no address with https')
  return metadata
}

/** OpenID Connect Discovery section 4.3, but for a slash at the end. */
function isOf(metadataUrl: URL, issuer: unknown): boolean {
  const [expected] = metadataUrl.href.split('/.well-known/', 1)
  return String(issuer).replace(/\/$/, '') === expected
}

async function verifyIdToken(line: ProviderLine, idToken: string, metadataUrl: string): Promise<Profile> {
  // A provider that speaks OAuth only has no metadata; what it calls an ID token is nothing to us.
  if (metadataUrl === '') throw new TypeError('an ID token of a provider without metadata')
  const { jwks_uri: keysUrl } = await readPublished(line, metadataUrl)
  if (typeof keysUrl !== 'string') throw new TypeError('the metadata name no keys')
  let verified = await verifyIdTokenSignature(idToken, await readPublished(line, keysUrl))
  if (verified.kind === 'unknown_key') {
    verified = await verifyIdTokenSignature(idToken, await readPublished(line, keysUrl, keysAgainMs))
  }
  if (verified.kind !== 'valid') {
    throw new TypeError(`ID token: ${verified.kind === 'invalid' ? verified.because : 'no key fits'}`)
  }
  const { iat } = verified.claims
  const latest = line.clock.now().getTime() / 1000 + clockLeewaySeconds
  if (typeof iat !== 'number' || iat > latest) throw new TypeError('ID token: iat lies in the future')
  return verified.claims
}

/** A document of JSON, kept for a while. */
async function readPublished(line: ProviderLine, url: string, ageMsMax = keptMs): Promise<Profile> {
  const { published, trace } = line
  const kept = published.kept.get(url)
  const isFresh = kept && line.clock.monotonicMs() - kept.readMs < ageMsMax
  if (isFresh) return requireObject(kept.text, url)
  requireSafe(line, url)
  const { status, text } = await noting(trace, published.readings.get(url) ?? startReading(published, url))
  if (status !== 200) throw new TypeError(`${url} answered ${status}`)
  const document = requireObject(text, url)
  published.kept.set(url, { text, readMs: line.clock.monotonicMs() })
  return document
}

function startReading({ readings }: PublishedDocuments, url: string): Promise<ProviderAnswer> {
  const reading = reach(url, { headers: { accept: 'application/json' } })
  readings.set(url, reading)
  const forget = () => void readings.delete(url)
  reading.then(forget, forget)
  return reading
}

interface ProviderAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

async function ask(line: ProviderLine, url: string, init?: RequestInit): Promise<ProviderAnswer> {
  requireSafe(line, url)
  return noting(line.trace, reach(url, init))
}

/** Notes in the trace whether the provider is down. */
async function noting(trace: ProviderTrace, asked: Promise<ProviderAnswer>): Promise<ProviderAnswer> {
  const answer = await asked.catch((error: unknown) => {
    trace.isDown = true
    throw error
  })
  if (answer.status >= 500) trace.isDown = true
  return answer
}

async function reach(url: string, init: RequestInit = {}): Promise<ProviderAnswer> {
  const limits = { redirect: 'manual', signal: AbortSignal.timeout(answerMsMax) } as const
  const response = await fetch(url, { ...init, ...limits })
  const contentType = response.headers.get('content-type')
  return {
    status: response.status,
    headers: contentType === null ? {} : { 'content-type': contentType },
    text: await readLimited(response),
  }
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > answerBytesMax) throw new RangeError('the answer of the provider is too large')
    chunks.push(chunk)
  }
  // As whoever reads the answer after us decodes it: a byte order mark would hide an ID token from us alone.
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function requireSafe(line: ProviderLine, address: string): void {
  const url = new URL(address)
  if (!isSafe(line, url)) throw new TypeError(`${url.origin} is not https`)
}

/** Metadata may name any address; secrets go to none that others can read on the way. */
function isSafe({ provider }: ProviderLine, url: URL): boolean {
  const isHere = isLoopbackUrl(provider.issuer) && isLoopbackHost(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isHere)
}

function requireObject(text: string, where: string): Profile {
  const value = parseObject(text)
  if (!value) throw new TypeError(`${where} is no JSON object`)
  return value
}

function parseObject(text: string): Profile | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Profile) : null
  } catch {
    return null
  }
}

function answerJson(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}
