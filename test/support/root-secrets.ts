import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'

export const oldRootSecret = new Secret('an old root secret of these tests, long enough')
export const newRootSecret = new Secret('a new root secret of these tests, long enough')

/** Another root secret whose id byte is the same: one in 256 is. */
export function secretWithTheIdOf(secret: Secret): Secret {
  const wanted = deriveRootKeys([secret]).current.id
  for (let index = 0; ; index++) {
    const candidate = new Secret(`another root secret of these tests, number ${index}`)
    if (deriveRootKeys([candidate]).current.id === wanted) return candidate
  }
}
