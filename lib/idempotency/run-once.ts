import {
  claimIdempotencyKey,
  claimSeconds,
  keepIdempotentAnswer,
  releaseIdempotencyKey,
} from '#db/queries/idempotency-keys.ts'
import { macOf } from '#lib/crypto/root-keys.ts'
import { seal, unseal } from '#lib/crypto/sealing.ts'
import { Problem } from '#lib/problems.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

type Parts = Pick<Runtime, 'clock' | 'database' | 'log' | 'random' | 'roots'>

/** A request that its client may repeat. */
export interface RepeatableRequest {
  operation: string
  /** Whose key it is: the same text of somebody else is another key. */
  actor: string
  /** What the client sent as Idempotency-Key. */
  key: string
  /** Everything that the request asks for, as text. It may hold a password: only a keyed hash of it is kept. */
  request: string
}

/**
 * Does something once for a key, and gives the same answer to every repetition for 24 hours. A refusal has done
 * nothing, so it is not kept: the repetition tries again.
 *
 * @param run  does it and returns the answer as text, without any secret
 * @throws Problem `idempotency_key_reused` when the key came with another request, `idempotency_in_progress` while the
 *         first one is being worked on; and whatever `run` throws
 */
export async function runOnce(
  runtime: Parts,
  repeatable: RepeatableRequest,
  run: () => Promise<string>,
): Promise<{ answer: string; isRepeated: boolean }> {
  const { roots, database } = runtime
  const [keyHash = '', ...olderHashes] = hashes(runtime, 'key', repeatable, repeatable.key)
  const requestHashes = hashes(runtime, 'request', repeatable, repeatable.request)
  const claimId = newUuidV7(runtime.random, runtime.clock.now())
  const [requestHash = ''] = requestHashes
  const found = await claimIdempotencyKey(database, { keyHash, olderHashes, requestHash, claimId })
  if (found?.isMine)
    return { answer: await runClaimed(runtime, { keyHash, claimId }, run), isRepeated: false }
  if (found && !requestHashes.includes(found.requestHash)) throw new Problem('idempotency_key_reused')
  const answer = found?.answerSealed && unseal(roots, found.answerSealed, contextOf(found.keyHash))
  if (!answer) throw new Problem('idempotency_in_progress', { retryAfterSeconds: 1 })
  return { answer: answer.toString('utf8'), isRepeated: true }
}

/** Keyed by every root, the current one first: a changed AUTH_SECRET must not do things twice. */
function hashes(
  { roots }: Parts,
  what: 'key' | 'request',
  { operation, actor }: RepeatableRequest,
  text: string,
): string[] {
  const message = JSON.stringify([what, operation, actor, text])
  return roots.all.map((root) => macOf(root.keyFor('idempotency'), message))
}

const contextOf = (keyHash: string) => `idempotent answer ${keyHash}`

async function runClaimed(
  runtime: Parts,
  claimed: { keyHash: string; claimId: string },
  run: () => Promise<string>,
): Promise<string> {
  const { database, roots } = runtime
  const answer = await run().catch(async (error) => {
    await orLater(runtime, () => releaseIdempotencyKey(database, claimed))
    throw error
  })
  const answerSealed = seal(roots, Buffer.from(answer), contextOf(claimed.keyHash))
  await orLater(runtime, () => keepIdempotentAnswer(database, { ...claimed, answerSealed }))
  return answer
}

/** What was done is done, and is answered: the key is then blocked until the claim is over. */
async function orLater({ log }: Parts, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    log.warn(
      { event: 'idempotency_key_left', error },
      `an idempotency key stays claimed for ${claimSeconds} s: what became of it could not be written`,
    )
  }
}
