import { equalInConstantTime } from '#lib/crypto/digest.ts'
import { macOf, type RootKey, type RootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'

/**
 * The key that opens the set-up of the first administrator: 256 bits, derived from the nonce in the database, so that
 * every process prints and accepts the same one and a dump of the database does not hold it.
 */
export function setupKeyOf(roots: RootKeys, nonce: string): Secret {
  return new Secret(derive(roots.current, nonce))
}

export function isSetupKey(roots: RootKeys, nonce: string, presented: string): boolean {
  return roots.all.some((root) => equalInConstantTime(derive(root, nonce), presented))
}

function derive(root: RootKey, nonce: string): string {
  return macOf(root.keyFor('setup'), nonce)
}
