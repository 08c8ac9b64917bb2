import { equalInConstantTime } from '#lib/crypto/digest.ts'
import { macOf, type RootKey, type RootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'

/** The key that opens the inbox: 256 bits, the same at every start of an installation. Printed on the terminal. */
export function inboxKeyOf(roots: RootKeys): Secret {
  return new Secret(derive(roots.current))
}

export function isInboxKey(roots: RootKeys, presented: string): boolean {
  return roots.all.some((root) => equalInConstantTime(derive(root), presented))
}

function derive(root: RootKey): string {
  return macOf(root.keyFor('inbox'), 'inbox')
}
