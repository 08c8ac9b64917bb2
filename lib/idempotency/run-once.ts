import type { Connection } from '#db/connection.ts'
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
 * Keeps the answer in the transaction that does what is answered: both are there, or neither.
 *
 * @param answer  as text, without any secret
 * @throws Problem `idempotency_in_progress` when the claim was over and another call has the key: roll back
 */
export type Keep = (transaction: Connection, answer: string) => Promise<void>

/**
 * Does something once for a key, and gives the same answer to every repetition for 24 hours. A refusal has done
 * nothing, so it is not kept: the repetition tries again. When nobody can know whether the commit was done, the row
 * of the key knows it.
 *
 * @param run  does it in one transaction, hands the answer to `keep` inside, and returns what its caller is told
 * @throws Problem `idempotency_key_reused` when the key came with another request, `idempotency_in_progress` while the
 *         first one is being worked on; and whatever `run` throws
 */
export async function runOnce<Outcome>(
  runtime: Parts,
  repeatable: RepeatableRequest,
  run: (keep: Keep) => Promise<Outcome>,
): Promise<{ outcome: Outcome } | { repeated: string }> {
  const { roots, database } = runtime
  const [keyHash = '', ...olderHashes] = hashes(runtime, 'key', repeatable, repeatable.key)
  const requestHashes = hashes(runtime, 'request', repeatable, repeatable.request)
  const claimId = newUuidV7(runtime.random, runtime.clock.now())
  const [requestHash = ''] = requestHashes
  const found = await claimIdempotencyKey(database, { keyHash, olderHashes, requestHash, claimId })
  if (found?.isMine) return { outcome: await runClaimed(runtime, { keyHash, claimId }, run) }
  if (found && !requestHashes.includes(found.requestHash)) throw new Problem('idempotency_key_reused')
  const answer = found?.answerSealed && unseal(roots, found.answerSealed, contextOf(found.keyHash))
  if (!answer) throw new Problem('idempotency_in_progress', { retryAfterSeconds: 1 })
  return { repeated: answer.toString('utf8') }
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

async function runClaimed<Outcome>(
  runtime: Parts,
  claimed: { keyHash: string; claimId: string },
  run: (keep: Keep) => Promise<Outcome>,
): Promise<Outcome> {
  const { database, roots } = runtime
  const keep: Keep = async (transaction, answer) => {
    const answerSealed = seal(roots, Buffer.from(answer), contextOf(claimed.keyHash))
    if (await keepIdempotentAnswer(transaction, { ...claimed, answerSealed })) return
    throw new Problem('idempotency_in_progress', { retryAfterSeconds: 1, because: 'its claim was over' })
  }
  try {
    return await run(keep)
  } catch (error) {
    await releaseOrLeave(runtime, () => releaseIdempotencyKey(database, claimed))
    throw error
  }
}

/** What the caller hears is why it failed, not that the key could not be given back. */
async function releaseOrLeave({ log }: Parts, release: () => Promise<void>): Promise<void> {
  try {
    await release()
  } catch (error) {
    log.warn(
      { event: 'idempotency_key_left', error },
      `an idempotency key stays claimed for ${claimSeconds} s: it could not be given back`,
    )
  }
}
