import { judgeUsername, normaliseUsername } from '#lib/auth/identifiers.ts'
import type { Random } from '#lib/runtime/random.ts'
import type { ProvenIdentity } from './proven-identity.ts'

const lengthMax = 24
const numbered = [2, 3, 4, 5]

/** User names for a new account, the best first; the last one is surely free. */
export function usernameCandidates(
  { suggestedName, email }: Pick<ProvenIdentity, 'suggestedName' | 'email'>,
  random: Random,
): string[] {
  const bases = [suggestedName, email?.split('@', 1)[0] ?? null]
    .filter((text): text is string => text !== null)
    .map(toUsername)
    .filter((name) => judgeUsername(name) === null)
  const [base] = bases
  const madeUp = `user-${random.bytes(5).toString('hex')}`
  return base === undefined ? [madeUp] : [base, ...numbered.map((number) => `${base}${number}`), madeUp]
}

function toUsername(text: string): string {
  const [beforeAt = ''] = normaliseUsername(text).split('@', 1)
  const letters = beforeAt.replace(/[^\p{L}\p{N}_.-]+/gu, '-').replace(/^[-.]+/, '')
  return [...letters]
    .slice(0, lengthMax)
    .join('')
    .replace(/[-.]+$/, '')
}
