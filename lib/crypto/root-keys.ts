import { createHmac, hkdfSync } from 'node:crypto'
import type { Secret } from './secret.ts'

/** What a derived key is for. A key made for one purpose opens nothing of another. */
export type KeyPurpose =
  | 'refresh'
  | 'cookie'
  | 'sealing'
  | 'device'
  | 'setup'
  | 'form'
  | 'link'
  | 'code'
  | 'inbox'
  | 'invitation'
  | 'cursor'
  | 'idempotency'
  | 'dance'
  | 'auth-js'

export interface RootKey {
  /** One byte, carried by every credential made under this root: which root to verify with. */
  id: number
  /** 32 bytes, HKDF-SHA-256 of the root (RFC 5869). */
  keyFor(purpose: KeyPurpose): Buffer
}

export interface RootKeys {
  /** Makes new credentials. */
  current: RootKey
  /** Verify; `current` is the first. */
  all: readonly RootKey[]
}

/** The least length of a root secret in bytes. */
export const rootSecretBytesMin = 32

const salt = 'session-management'

/**
 * Derives every key of the server from the root secrets. A root signs nothing itself.
 *
 * @param secrets  the first makes, all verify; not empty
 */
export function deriveRootKeys(secrets: readonly Secret[]): RootKeys {
  const all = secrets.map(deriveRootKey)
  const [current] = all
  if (!current) throw new TypeError('at least one root secret is needed')
  return { current, all }
}

function deriveRootKey(secret: Secret): RootKey {
  const material = Buffer.from(secret.reveal())
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', material, salt, purpose, 32))
  const keys = new Map<KeyPurpose, Buffer>()
  return {
    id: derive('root-id').readUInt8(),
    keyFor(purpose) {
      const key = keys.get(purpose) ?? derive(purpose)
      keys.set(purpose, key)
      return key
    },
  }
}

/** The roots that a credential with this id byte may have been made under (two roots may share a byte). */
export function rootsWithId(roots: RootKeys, id: number): readonly RootKey[] {
  return roots.all.filter((root) => root.id === id)
}

/** HMAC-SHA-256 in base64url (43 characters). */
export function macOf(key: Buffer, message: string): string {
  return createHmac('sha256', key).update(message).digest('base64url')
}

/** The first half of HKDF, which is the same for all objects under a key. */
const extracted = new WeakMap<Buffer, Buffer>()

/**
 * HKDF-SHA-256 of an already derived key for one object, such as a session: 32 bytes. One HMAC, since that is a single
 * block of the second half (RFC 5869 section 2.3); every refresh derives two.
 */
export function deriveObjectKey(key: Buffer, objectId: string): Buffer {
  const pseudorandomKey = extracted.get(key) ?? createHmac('sha256', salt).update(key).digest()
  extracted.set(key, pseudorandomKey)
  return createHmac('sha256', pseudorandomKey).update(objectId).update(firstBlock).digest()
}

const firstBlock = Buffer.of(1)
