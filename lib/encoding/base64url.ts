const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const base64url = /^[A-Za-z0-9_-]+$/

/**
 * True for the one canonical spelling of some bytes (RFC 4648 section 3.5: no padding, unused bits zero).
 * Decoders accept several spellings of one value; a credential must have exactly one.
 */
export function isCanonicalBase64url(text: string): boolean {
  if (!base64url.test(text)) return false
  const last = alphabet.indexOf(text.charAt(text.length - 1))
  switch (text.length % 4) {
    case 0:
      return true
    case 2:
      return (last & 0b1111) === 0
    case 3:
      return (last & 0b11) === 0
    default:
      return false
  }
}
