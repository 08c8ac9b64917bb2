import { randomBytes } from '#lib/crypto/random.ts'

/** Registers a new account with a server and signs in. */
export async function signIn(url: string): Promise<{ accessToken: string; refreshToken: string }> {
  const name = randomBytes(8).toString('hex')
  const account = { email: `${name}@example.com`, username: name, password: 'a password of the benchmark' }
  await post(`${url}/api/auth/register`, account)
  const tokens = await post(`${url}/api/auth/login`, { email: account.email, password: account.password })
  return { accessToken: String(tokens['access_token']), refreshToken: String(tokens['refresh_token']) }
}

/** @throws Error with the answer, unless it is 200 */
async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
