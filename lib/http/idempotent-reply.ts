import { type Keep, runOnce } from '#lib/idempotency/run-once.ts'
import { Problem } from '#lib/problems.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import type { Contract } from './contract.ts'
import type { Exchange } from './exchange.ts'
import { jsonReply, type Reply } from './reply.ts'

/** What clients make by themselves: a UUID, or any other text that nobody else will think of. */
const acceptableKey = /^[\x21\x23-\x7e]{16,128}$/

/**
 * Runs an operation that keeps its answer, or repeats the answer that the same request with the same `Idempotency-Key`
 * got before (draft-ietf-httpapi-idempotency-key-header-07). Without the header it just runs, and there is nothing to
 * keep.
 *
 * @throws Problem `invalid_request` for a key of the wrong form, `idempotency_key_reused` for one that came with
 *         another request, `idempotency_in_progress` while that one is being worked on
 */
export async function replyOnce(
  contract: Contract,
  call: Exchange & { body: unknown; principal: Principal | null },
  run: (keep: Keep | null) => Promise<Reply>,
): Promise<Reply> {
  const header = call.request.headers.get('idempotency-key')
  if (header === null) return run(null)
  const { runtime, principal, parameter, body } = call
  const once = {
    operation: contract.operationId,
    // A phone that lost an answer may come back from another network; nobody else has the key and the request.
    actor: principal ? `user ${principal.user.id}` : 'anybody',
    key: requireKey(header),
    request: JSON.stringify([parameter, body]),
  }
  const done = await runOnce(runtime, once, async (keep) => {
    const kept: string[] = []
    const reply = await run(async (transaction, answer) => {
      await keep(transaction, answer)
      kept.push(answer)
    })
    requireKept(reply, kept)
    return reply
  })
  return 'outcome' in done ? done.outcome : jsonReply(200, done.repeated, { 'idempotency-replayed': 'true' })
}

/** The draft writes the key as a quoted string; most clients leave the quotes out. */
function requireKey(header: string): string {
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header
  if (acceptableKey.test(key)) return key
  const detail = 'Send 16 to 128 visible ASCII characters, for example a UUID.'
  throw new Problem('invalid_request', {
    detail: `Idempotency-Key: ${detail}`,
    errors: [{ field: 'Idempotency-Key', code: 'invalid_format', detail }],
    because: 'an idempotency key of the wrong form',
  })
}

/** A slip of the operation's own: what it kept is what a repetition gets, so it must be what it answers. */
function requireKept({ status, cookies, body }: Reply, kept: readonly string[]): void {
  if (status === 200 && cookies.length === 0 && kept.length === 1 && kept[0] === body) return
  throw new Error('an operation with an idempotency key must keep what it answers, and set no cookie')
}
