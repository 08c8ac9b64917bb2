import { createCipheriv, createDecipheriv } from 'node:crypto'
import { randomBytes } from './random.ts'
import { type KeyPurpose, type RootKeys, rootsWithId } from './root-keys.ts'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Keys that seal: of what is stored, and of what a form, or a dance with a provider, sends through the browser. */
type SealingPurpose = Extract<KeyPurpose, 'sealing' | 'form' | 'dance'>

/**
 * Seals bytes: root id (1) | nonce (12) | tag (16) | ciphertext, AES-256-GCM.
 *
 * @param context  what the bytes are and whose (row id): authenticated, so a sealed value moved to another row fails
 */
export function seal(
  roots: RootKeys,
  plaintext: Uint8Array,
  context: string,
  purpose: SealingPurpose = 'sealing',
): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, roots.current.keyFor(purpose), nonce).setAAD(Buffer.from(context))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Buffer.of(roots.current.id), nonce, cipher.getAuthTag(), ciphertext])
}

/** @returns null when no known root opens it: made under another root, moved to another row, or altered */
export function unseal(
  roots: RootKeys,
  sealed: Buffer,
  context: string,
  purpose: SealingPurpose = 'sealing',
): Buffer | null {
  if (sealed.length < 1 + nonceBytes + tagBytes) return null
  for (const root of rootsWithId(roots, sealed.readUInt8())) {
    const plaintext = open(root.keyFor(purpose), sealed, context)
    if (plaintext) return plaintext
  }
  return null
}

function open(key: Buffer, sealed: Buffer, context: string): Buffer | null {
  const nonce = sealed.subarray(1, 1 + nonceBytes)
  const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(context))
    .setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + nonceBytes + tagBytes)), decipher.final()])
  } catch {
    // GCM reports a wrong key, context or byte in one way only; so do we.
    return null
  }
}
