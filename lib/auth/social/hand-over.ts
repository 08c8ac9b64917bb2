import { insertSignInCode } from '#db/queries/sign-in-codes.ts'
import { sha256Key } from '#lib/crypto/digest.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { ReturnPlace } from './dance.ts'
import type { ProvenIdentity } from './proven-identity.ts'

/** A code is used at once, by the page that the browser is led to. */
const lifetimeSeconds = 60
const codeBytes = 32

/**
 * Keeps what a dance proved for the front end that began it. Nobody is signed in by it, and no account is made.
 *
 * @returns the address of the front end, with the code
 */
export async function handOver(
  runtime: Runtime,
  identity: ProvenIdentity,
  place: ReturnPlace,
): Promise<string> {
  const code = runtime.random.bytes(codeBytes).toString('base64url')
  const { provider, issuer, subject, email, isEmailVerified, suggestedName } = identity
  await insertSignInCode(runtime.database, {
    codeHash: sha256Key(code),
    challenge: place.challenge,
    provider,
    issuer,
    subject,
    email,
    emailVerified: isEmailVerified,
    suggestedName,
    lifetimeSeconds,
  })
  return leadBack(place, { code })
}

/** The address of the front end with what it is told, and its own `state`. */
export function leadBack({ url, state }: ReturnPlace, told: Record<string, string>): string {
  const address = new URL(url)
  for (const [name, value] of Object.entries(told)) address.searchParams.set(name, value)
  if (state !== null) address.searchParams.set('state', state)
  return address.href
}
