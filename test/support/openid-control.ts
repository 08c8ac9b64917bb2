import type { ProviderClient } from './provider-client.ts'

/** Somebody with an account at the provider. */
export interface ProviderUser {
  /** `sub`; also what is typed in to sign in. */
  subject: string
  password: string
  email: string
  emailVerified: boolean
  name: string
}

/** What may be left out when a user is made; the password then is {@link defaultPassword}. */
export type NewProviderUser = Pick<ProviderUser, 'subject' | 'email'> & Partial<ProviderUser>

export const defaultPassword = 'known to the provider only'

/** Orders for the provider, from any process. */
export interface OpenIdControl {
  issuer: string
  /** Adds a user, or changes what is given of one: it holds from the next sign-in on. @returns what the user is now */
  setUser(user: Pick<ProviderUser, 'subject'> & Partial<ProviderUser>): Promise<ProviderUser>
  /** Adds an application, or replaces the one of this id. */
  setClient(client: ProviderClient): Promise<void>
}

/** For a process that did not start the provider. */
export function openIdControl(issuer: string): OpenIdControl {
  return {
    issuer,
    setUser: (user) => order<ProviderUser>(`${issuer}/control/user`, user),
    setClient: async (client) => void (await order(`${issuer}/control/client`, client)),
  }
}

/** @throws Error if the provider does not take it */
async function order<Answer>(url: string, body: object): Promise<Answer> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Answer
}
