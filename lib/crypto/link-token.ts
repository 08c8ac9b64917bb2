import { equalInConstantTime } from './digest.ts'
import { deriveObjectKey, macOf, type RootKey, type RootKeys, rootsWithId } from './root-keys.ts'
import { Secret } from './secret.ts'
import { sessionIdPattern } from './session-claims.ts'

/** A one-time link: its row, and what it is for. A token of one purpose is none of another. */
export interface LinkPosition {
  linkId: string
  purpose: string
}

const shape = new RegExp(`^(${sessionIdPattern})\\.(\\d{1,3})\\.([A-Za-z0-9_-]{43})$`)

/**
 * The token in a link: `link id . root id . HMAC`. Derived when the message is rendered, and as often as that happens:
 * no row holds it, and every copy of a message has the same one.
 */
export function deriveLinkToken(roots: RootKeys, position: LinkPosition): Secret {
  return new Secret(spell(roots.current, position))
}

/**
 * Reads a presented token. Costs no query for a forged one.
 *
 * @returns the id of its row; null unless the token is, character by character, one that a known root derives
 */
export function readLinkToken(roots: RootKeys, purpose: string, presented: string): string | null {
  const [, linkId, rootId] = shape.exec(presented) ?? []
  if (!linkId || !rootId) return null
  const isGenuine = rootsWithId(roots, Number(rootId)).some((root) =>
    equalInConstantTime(spell(root, { linkId, purpose }), presented),
  )
  return isGenuine ? linkId : null
}

function spell(root: RootKey, { linkId, purpose }: LinkPosition): string {
  const key = deriveObjectKey(root.keyFor('link'), linkId)
  return `${linkId}.${root.id}.${macOf(key, `${purpose}|${linkId}`)}`
}

const codeDigits = 6

/** The code in the same message: six digits, of which five tries guess one in 200,000. */
export function deriveLinkCode(roots: RootKeys, position: LinkPosition): Secret {
  return new Secret(codeOf(roots.current, position))
}

/** Compares with the code under every root: six digits leave no room for a root id. */
export function isLinkCode(roots: RootKeys, position: LinkPosition, presented: string): boolean {
  return roots.all
    .map((root) => equalInConstantTime(codeOf(root, position), presented))
    .some((isEqual) => isEqual)
}

function codeOf(root: RootKey, { linkId, purpose }: LinkPosition): string {
  const mac = Buffer.from(macOf(root.keyFor('code'), `${purpose}|${linkId}`), 'base64url')
  // 48 bits: what the remainder favours is less than one in 10^8.
  return String(mac.readUIntBE(0, 6) % 10 ** codeDigits).padStart(codeDigits, '0')
}
