import { randomBytes } from 'node:crypto'
import type { TestAnswer } from './check-answer.ts'

export type Transport = (request: Request) => Promise<TestAnswer>

export interface SendOptions {
  method?: string
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is, instead of `json`. */
  body?: string | Uint8Array
  headers?: Record<string, string>
}

export interface Credentials {
  email: string
  username: string
  password: string
}

/** A client of the API as a test uses it: it keeps its tokens and cookies, and sends them. */
export interface ApiClient {
  accessToken: string | null
  refreshToken: string | null
  /** By name, as a browser of our own origin would keep them. */
  cookies: Map<string, string>
  send(path: string, options?: SendOptions): Promise<TestAnswer>
  register(account?: Partial<Credentials>): Promise<TestAnswer & { account: Credentials }>
  login(credentials: {
    email: string
    password: string
    transport?: string
    remember?: boolean
  }): Promise<TestAnswer>
  refresh(options?: { refreshToken?: string }): Promise<TestAnswer>
  logout(): Promise<TestAnswer>
  me(): Promise<TestAnswer>
}

export function newAccount(): Credentials {
  const name = randomBytes(6).toString('hex')
  return { email: `${name}@example.com`, username: `user-${name}`, password: `quiet ${randomWord()} harbour` }
}

export function createApiClient(appUrl: string, transport: Transport): ApiClient {
  const client: ApiClient = {
    accessToken: null,
    refreshToken: null,
    cookies: new Map(),
    async send(path, options = {}) {
      const answer = await transport(toRequest(appUrl, client, path, options))
      keepCookies(client, answer)
      return answer
    },
    async register(account) {
      const complete = { ...newAccount(), ...account }
      const answer = await client.send('/api/auth/register', { json: complete })
      return { ...answer, account: complete }
    },
    async login(credentials) {
      const headers = credentials.transport === 'cookie' ? { origin: appUrl } : {}
      const answer = await client.send('/api/auth/login', { json: credentials, headers })
      keepTokens(client, answer)
      return answer
    },
    async refresh({ refreshToken = client.refreshToken ?? undefined } = {}) {
      const answer = await client.send('/api/auth/refresh', {
        json: { refresh_token: refreshToken },
        headers: { origin: appUrl },
      })
      keepTokens(client, answer)
      return answer
    },
    logout: () =>
      client.send('/api/auth/logout', {
        json: { refresh_token: client.refreshToken ?? undefined },
        headers: { origin: appUrl },
      }),
    me: () => client.send('/api/auth/me'),
  }
  return client
}

function randomWord(): string {
  return randomBytes(6).toString('base64url')
}

/** Registers an account and signs in with it. */
export async function signIn(client: ApiClient, transport: 'bearer' | 'cookie' = 'bearer') {
  const { account, ...registered } = await client.register()
  if (registered.status !== 200)
    throw new Error(`registration answered ${registered.status} ${registered.text}`)
  const answer = await client.login({ ...account, transport })
  if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status} ${answer.text}`)
  return account
}

function toRequest(appUrl: string, client: ApiClient, path: string, options: SendOptions): Request {
  const body = options.body ?? (options.json === undefined ? undefined : JSON.stringify(options.json))
  const method = options.method ?? (body === undefined ? 'GET' : 'POST')
  const cookies = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = new Headers({
    host: new URL(appUrl).host,
    ...(client.accessToken && { authorization: `Bearer ${client.accessToken}` }),
    ...(cookies && { cookie: cookies }),
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
    ...options.headers,
  })
  return new Request(new URL(path, appUrl), {
    method,
    headers,
    ...(body !== undefined && { body }),
  } as RequestInit)
}

function keepTokens(client: ApiClient, { status, body }: TestAnswer): void {
  if (status !== 200 || !body.access_token) return
  client.accessToken = body.access_token
  client.refreshToken = body.refresh_token
}

function keepCookies(client: ApiClient, { headers }: TestAnswer): void {
  for (const cookie of headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    if (value === '') client.cookies.delete(name)
    else client.cookies.set(name, value)
  }
}
