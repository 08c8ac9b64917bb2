/** After normalisation. No `@`: an identifier with one is an address. */
export const usernameShape = /^[\p{L}\p{N}_.-]{3,32}$/u

/** NFKC, so that look-alike spellings of one name are one name. */
export function normaliseUsername(name: string): string {
  return name.normalize('NFKC')
}

const addressLengthMax = 254
const localLengthMax = 64
/** dot-atom of RFC 5322 section 3.2.3: no quoted strings, no comments, ASCII only. */
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** True for exactly one mail address: nothing around it, no list, no display name, a domain with at least two labels. */
export function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const domain = asciiDomain(text.slice(at + 1))
  if (at < 1 || domain === null || local.length > localLengthMax || !localPart.test(local)) return false
  return local.length + 1 + domain.length <= addressLengthMax
}

/** The address as we store it: the local part as given, the domain in lower-case punycode. */
export function normaliseMailAddress(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${asciiDomain(address.slice(at + 1)) ?? ''}`
}

function asciiDomain(domain: string): string | null {
  if (!/^[\p{L}\p{N}\p{M}.-]+$/u.test(domain) || !URL.canParse(`http://${domain}`)) return null
  const ascii = new URL(`http://${domain}`).hostname
  const labels = ascii.split('.')
  const isNumeric = /^\d+$/.test(labels.at(-1) ?? '')
  return labels.length >= 2 && labels.every((part) => label.test(part)) && !isNumeric ? ascii : null
}

/** An identifier as somebody presents it at sign-in, spelled as the account would be. Never fails. */
export function normaliseIdentifier(presented: string): string {
  const trimmed = presented.trim()
  if (!trimmed.includes('@')) return normaliseUsername(trimmed)
  return isMailAddress(trimmed) ? normaliseMailAddress(trimmed) : trimmed
}
