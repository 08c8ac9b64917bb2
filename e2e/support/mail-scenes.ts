import { type ApiClient, type Credentials, newAccount } from '#test/support/api-client.ts'
import { until } from '#test/support/process-server.ts'
import { mailReceivedBy, type ReceivedMail } from './post-office.ts'

const waitMsMax = 20_000

/** Subjects begin like this, by what the message is. */
export const subjects = {
  verification: 'Verify your email address',
  welcome: 'Welcome',
  reset: 'Reset your',
  confirmation: 'Confirm your new email address',
  notice: /^Your .+ email address was changed$/,
  deletion: /^Your .+ account was deleted$/,
} as const

/** Waits until so many messages of a kind came over the wire for an address; the newest of them. */
export async function mailFor(
  address: string,
  kind: keyof typeof subjects,
  count = 1,
): Promise<ReceivedMail> {
  const wanted = subjects[kind]
  const isKind = ({ subject }: ReceivedMail) =>
    typeof wanted === 'string' ? subject.startsWith(wanted) : wanted.test(subject)
  let found: ReceivedMail[] = []
  await until(
    async () => {
      found = (await mailReceivedBy(address)).filter(isKind)
      return found.length >= count
    },
    waitMsMax,
    () => `${found.length} of ${count} messages came for ${address}: ${kind}`,
  )
  return found.at(-1) as ReceivedMail
}

export interface Registered {
  account: Credentials
  verification: ReceivedMail
}

/** A new account and the message that its mailbox got. */
export async function register(client: ApiClient, account = newAccount()): Promise<Registered> {
  await client.register(account)
  return { account, verification: await mailFor(account.email, 'verification') }
}

/** Somebody signed in whose address is proven. */
export async function signInProven(client: ApiClient): Promise<Registered> {
  const registered = await register(client)
  await client.send('/api/auth/verify-email', { json: { token: registered.verification.token } })
  await client.login(registered.account)
  return registered
}
