export interface PasswordContext {
  email: string
  username: string
  appName: string
}

/** What is wrong with a new password, as a sentence that helps; null when nothing is. */
export type PolicyVerdict = string | null

/** Parts shorter than this are in too many good passwords. */
const partLengthMin = 4

/**
 * Judges a new password (NIST SP 800-63B section 3.1.1.2): length, not one character over and over, not a common one,
 * not made of what is known about the account, whatever letters it is spelled with. No composition rules. Pure.
 *
 * @param lengthMin  in characters as people count them (code points that show)
 */
export function judgePassword(
  password: string,
  context: PasswordContext,
  lengthMin: number,
  isCommon: (password: string) => boolean,
): PolicyVerdict {
  // NFKC makes eighteen letters of some single characters; a length is of what was typed.
  const length = [...visible(password.normalize('NFC'))].length
  if (length < lengthMin) return `Use at least ${lengthMin} characters.`
  const judged = visible(password.normalize('NFKC'))
  if (judged.trim() === '') return 'Use more than spaces.'
  if (new Set(judged.toLowerCase()).size === 1) return 'Use more than one character over and over.'
  if (isCommon(judged)) return 'This is one of the most common passwords. A few unrelated words work well.'
  const plain = plainForm(password)
  const part = knownParts(context).find((known) => plain.includes(known.text))
  return part ? `Do not build the password from ${part.what}.` : null
}

function visible(text: string): string {
  return text.replace(/\p{Default_Ignorable_Code_Point}/gu, '')
}

function knownParts({ email, username, appName }: PasswordContext) {
  const parts = [
    { text: email.split('@')[0] ?? '', what: 'your email address' },
    { text: email, what: 'your email address' },
    { text: username, what: 'your user name' },
    { text: appName, what: 'the name of this service' },
  ]
  return parts
    .map(({ text, what }) => ({ text: plainForm(text), what }))
    .filter(({ text }) => text.length >= partLengthMin)
}

const lookalikes: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  l: 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** Lower case, look-alikes as letters, nothing but letters and digits: "T0-m@s" and "tomas" are one. */
function plainForm(text: string): string {
  return [...visible(text.normalize('NFKC')).toLowerCase()]
    .map((character) => lookalikes[character] ?? character)
    .join('')
    .replace(/[^\p{L}\p{N}]/gu, '')
}
