import { equalInConstantTime } from './digest.ts'
import { deriveObjectKey, macOf, type RootKey, type RootKeys, rootsWithId } from './root-keys.ts'
import { Secret } from './secret.ts'
import { sessionIdPattern } from './session-claims.ts'

/** A place in the life of one session's refresh family. The first generation is 1. */
export interface RefreshPosition {
  sessionId: string
  generation: number
}

const shape = new RegExp(`^(${sessionIdPattern})\\.([1-9]\\d{0,9})\\.(\\d{1,3})\\.([A-Za-z0-9_-]{43})$`)

/**
 * The refresh token of a generation: `session id . generation . root id . HMAC`.
 *
 * Derived, not stored: every process can compute the successor, so all parties of a refresh race get the same one,
 * and a dump of the database holds no token (RFC 9700 section 4.14.2 asks for rotation; this is how it can be safe).
 */
export function deriveRefreshToken(roots: RootKeys, position: RefreshPosition): Secret {
  return new Secret(spell(roots.current, position))
}

/**
 * Reads a presented refresh token. Costs no query for a forged one.
 *
 * @returns null unless the token is, character by character, one that a known root derives
 */
export function readRefreshToken(roots: RootKeys, presented: string): RefreshPosition | null {
  const [, sessionId, generation, rootId] = shape.exec(presented) ?? []
  if (!sessionId || !generation || !rootId) return null
  const position = { sessionId, generation: Number(generation) }
  // The generation is a PostgreSQL integer; one more must fit too.
  if (position.generation >= 2 ** 31 - 1) return null
  const isGenuine = rootsWithId(roots, Number(rootId)).some((root) =>
    equalInConstantTime(spell(root, position), presented),
  )
  return isGenuine ? position : null
}

function spell(root: RootKey, { sessionId, generation }: RefreshPosition): string {
  const key = deriveObjectKey(root.keyFor('refresh'), sessionId)
  return `${sessionId}.${generation}.${root.id}.${macOf(key, `${sessionId}|${generation}`)}`
}
