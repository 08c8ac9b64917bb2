/** For how long a verifier may use the key set without asking again. */
export const keySetMaxAgeSeconds = 300

/** A new key is published for at least twice that long before it signs, and as long as a change takes to get about. */
export const publishedSeconds = 2 * keySetMaxAgeSeconds + 30

/**
 * For how long a key verifies after another one has taken over: the longest life that ACCESS_TOKEN_EXPIRE_MINUTES may
 * give a token, because the setting may have been lowered since, and the leeway of both clocks.
 */
export const verifyingSeconds = 3600 + 60

/** When a key begins to sign and when it stops to verify, in database time. */
export interface SigningKeyTimes {
  kid: string
  /** From then on it signs, until a newer one does. */
  activatesAt: Date
  /** From then on it does not verify any more; null while no other is to take over. */
  retiresAt: Date | null
}

/** 'waiting': published, signs later. 'verifying': another one signs. 'over': nothing of it is valid, to be deleted. */
export type SigningKeyState = 'waiting' | 'signing' | 'verifying' | 'over'

/**
 * The key that signs a token of this instant: the newest that is active. The instant is the token's own `iat`, which is
 * database time, so that processes with different clocks agree on the last token of a key.
 *
 * @returns null only when every key is over
 */
export function signingKeyAt<Key extends SigningKeyTimes>(keys: readonly Key[], instant: Date): Key | null {
  const usable = keys.filter((key) => !isOver(key, instant)).toSorted(byActivation)
  // `iat` has whole seconds: a key is active in all of the second in which it becomes so.
  const active = usable.filter((key) => wholeSeconds(key.activatesAt) <= wholeSeconds(instant))
  return active.at(-1) ?? usable[0] ?? null
}

export function signingKeyState<Key extends SigningKeyTimes>(
  key: Key,
  keys: readonly Key[],
  now: Date,
): SigningKeyState {
  if (isOver(key, now)) return 'over'
  if (signingKeyAt(keys, now)?.kid === key.kid) return 'signing'
  return wholeSeconds(key.activatesAt) > wholeSeconds(now) ? 'waiting' : 'verifying'
}

/** @param days  age at which the newest key is replaced; 0: never */
export function isRotationDue(keys: readonly SigningKeyTimes[], now: Date, days: number): boolean {
  const newest = keys
    .filter((key) => !isOver(key, now))
    .toSorted(byActivation)
    .at(-1)
  if (days === 0 || !newest) return false
  return now.getTime() - newest.activatesAt.getTime() >= days * 86_400_000
}

export function isOver({ retiresAt }: SigningKeyTimes, now: Date): boolean {
  return retiresAt !== null && retiresAt <= now
}

function byActivation(a: SigningKeyTimes, b: SigningKeyTimes): number {
  return a.activatesAt.getTime() - b.activatesAt.getTime() || (a.kid < b.kid ? -1 : 1)
}

function wholeSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000)
}
