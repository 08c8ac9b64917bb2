import { randomBytes } from '#lib/crypto/random.ts'
import { ask } from './ask.ts'

export interface Account {
  email: string
  username: string
  password: string
}

/** An account that no server has yet. */
export function newAccount(): Account {
  const name = randomBytes(8).toString('hex')
  return { email: `${name}@example.com`, username: name, password: 'a password of the benchmark' }
}

/** Registers a new account with a server that speaks our contract, the old backend included. */
export async function register(url: string): Promise<Account> {
  const account = newAccount()
  await post(`${url}/api/auth/register`, account)
  return account
}

export interface SignedIn extends Account {
  accessToken: string
  refreshToken: string
}

/** Registers a new account with a server and signs in. */
export async function signIn(url: string): Promise<SignedIn> {
  return signInAgain(url, await register(url))
}

/** One more session of an account. */
export async function signInAgain(url: string, account: Account): Promise<SignedIn> {
  const { email, password } = account
  const tokens = await post(`${url}/api/auth/login`, { email, password })
  return {
    ...account,
    accessToken: String(tokens['access_token']),
    refreshToken: String(tokens['refresh_token']),
  }
}

/** A new account with so many sessions. */
export async function manySessions(url: string, count: number): Promise<SignedIn[]> {
  const sessions = [await signIn(url)]
  for (const [account] = sessions; account && sessions.length < count; )
    sessions.push(await signInAgain(url, account))
  return sessions
}

/** @throws Error with the answer, unless it is 200 */
export async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  return JSON.parse((await ask({ url, method: 'POST', headers, body: JSON.stringify(body) })).body)
}
