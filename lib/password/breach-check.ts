import { sha1Hex } from '#lib/crypto/digest.ts'
import type { Log } from '#lib/runtime/log.ts'

const answerTimeoutMs = 1000
const prefixLength = 5

/**
 * True when a range service knows the password from a data breach. The service sees five characters of a hash, which
 * thousands of passwords share, and pads its answer so that its size tells nothing.
 *
 * A service that is slow or down lets the password pass, with a warning in the log: it must not stop registrations.
 */
export async function isBreachedPassword(rangeUrl: string, password: string, log: Log): Promise<boolean> {
  const hash = sha1Hex(password)
  try {
    const answer = await fetch(new URL(hash.slice(0, prefixLength), rangeUrl), {
      headers: { 'add-padding': 'true' },
      redirect: 'error',
      signal: AbortSignal.timeout(answerTimeoutMs),
    })
    if (!answer.ok) throw new Error(`the range service answered ${answer.status}`)
    return mentions(await answer.text(), hash.slice(prefixLength))
  } catch (error) {
    log.warn({ event: 'breach_check_failed', error }, 'breach check skipped')
    return false
  }
}

/** Lines are `SUFFIX:COUNT`; padding has the count 0. */
function mentions(answer: string, suffix: string): boolean {
  return answer.split('\n').some((line) => {
    const [known, count] = line.trim().split(':')
    return known === suffix && Number(count) > 0
  })
}
