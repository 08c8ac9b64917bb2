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

/** Registers a new account with a server and signs in. */
export async function signIn(
  url: string,
): Promise<{ email: string; accessToken: string; refreshToken: string }> {
  const { email, password } = await register(url)
  const tokens = await post(`${url}/api/auth/login`, { email, password })
  return {
    email,
    accessToken: String(tokens['access_token']),
    refreshToken: String(tokens['refresh_token']),
  }
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  return JSON.parse((await ask({ url, method: 'POST', headers, body: JSON.stringify(body) })).body)
}
