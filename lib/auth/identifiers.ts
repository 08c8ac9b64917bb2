import { parseUrl } from '#lib/encoding/parse-url.ts'

/**
 * As presented, in UTF-16 units. Bringing text into NFKC or a domain into punycode can cost the square of its length,
 * so longer text is refused unread.
 */
export const usernameLengthMax = 64
const addressLengthMax = 254

/** After normalisation. No `@`: an identifier with one is an address. */
const usernameShape = /^[\p{L}\p{N}_.-]{3,32}$/u
/** Letters that show nothing, such as the Hangul fillers. */
const ignorable = /\p{Default_Ignorable_Code_Point}/u
/** Their letters look like one another's, so a name keeps to one of them (UTS 39 section 4). */
const confusableScripts = [
  /\p{Script=Latin}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
]

/** The sentence for a name of the wrong form or length. */
export const usernameRule = 'Use 3 to 32 letters, digits, "_", "." or "-".'

/** NFKC, so that look-alike spellings of one name are one name. */
export function normaliseUsername(name: string): string {
  return name.normalize('NFKC')
}

/** What is wrong with a normalised name, as a sentence that helps; null when nothing is. */
export function judgeUsername(name: string): string | null {
  // Its lower case is one letter to some and two to others.
  const hasDottedCapital = name.includes('\u0130')
  if (!usernameShape.test(name) || ignorable.test(name) || hasDottedCapital) return usernameRule
  const scripts = confusableScripts.filter((script) => script.test(name))
  return scripts.length > 1 ? 'Use letters of one alphabet only: those of several look alike.' : null
}

const localLengthMax = 64
/** dot-atom of RFC 5322 section 3.2.3: no quoted strings, no comments, ASCII only. */
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** True for exactly one mail address: nothing around it, no list, no display name, a domain with at least two labels. */
export function isMailAddress(text: string): boolean {
  if (text.length > addressLengthMax) return false
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
  if (!/^[\p{L}\p{N}\p{M}.-]+$/u.test(domain)) return null
  const ascii = parseUrl(`http://${domain}`)?.hostname
  if (!ascii) return null
  const labels = ascii.split('.')
  const isNumeric = /^\d+$/.test(labels.at(-1) ?? '')
  return labels.length >= 2 && labels.every((part) => label.test(part)) && !isNumeric ? ascii : null
}

/**
 * An identifier as somebody presents it at sign-in, spelled as the account would be.
 *
 * @returns null for text that can be nobody's: over-long, or with an `@` and no address
 */
export function normaliseIdentifier(presented: string): string | null {
  const trimmed = presented.trim()
  if (trimmed.includes('@')) return isMailAddress(trimmed) ? normaliseMailAddress(trimmed) : null
  if (trimmed.length > usernameLengthMax) return null
  const name = normaliseUsername(trimmed)
  return name.includes('@') ? null : name
}
