import type { SocialProvider } from '#lib/config/config.ts'
import type { RootKeys } from '#lib/crypto/root-keys.ts'
import { seal, unseal } from '#lib/crypto/sealing.ts'

/** The front end of another origin that a dance ends at. */
export interface ReturnPlace {
  /** Its whole address, allow-listed. */
  url: string
  /** SHA-256 of its verifier, base64url. */
  challenge: string
  /** Given back to it as it came. */
  state: string | null
}

/**
 * What a dance with a provider is for.
 *
 * 'sign_in': it ends in a session of this browser; with an owner, only in one of theirs. 'link': it connects the
 * identity to the session that began it. 'hand_over': it ends in a code for a front end of another origin.
 */
export type DancePurpose =
  | { kind: 'sign_in'; page: string; ownerId?: number }
  | { kind: 'link'; page: string; sessionId: string }
  | { kind: 'hand_over'; place: ReturnPlace }

export interface Dance {
  provider: SocialProvider['id']
  purpose: DancePurpose
  /**
   * `state` of the way to the provider. Auth.js checks the state by a cookie of its own; without this one, what one dance
   * was for could be done with the answer to another.
   */
  state: string
}

/** As long as the cookies live by which Auth.js checks the way back. */
export const danceSeconds = 900

interface SealedDance extends Dance {
  endsMs: number
}

const context = 'dance'

/** Seals what a dance is for, to travel with the browser. */
export function sealDance(roots: RootKeys, dance: Dance, now: Date): string {
  const sealed: SealedDance = { ...dance, endsMs: now.getTime() + danceSeconds * 1000 }
  return seal(roots, Buffer.from(JSON.stringify(sealed)), context, 'dance').toString('base64url')
}

/** Opens it again; null when it is altered, over, or not there. */
export function openDance(roots: RootKeys, presented: string | null, now: Date): Dance | null {
  if (!presented) return null
  const opened = unseal(roots, Buffer.from(presented, 'base64url'), context, 'dance')
  if (!opened) return null
  const { endsMs, ...dance }: SealedDance = JSON.parse(opened.toString('utf8'))
  return now.getTime() < endsMs ? dance : null
}
