import { runOnce } from '#lib/idempotency/run-once.ts'
import { Problem } from '#lib/problems.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import type { Contract } from './contract.ts'
import type { Exchange } from './exchange.ts'
import { jsonReply, type Reply } from './reply.ts'

/** What clients make by themselves: a UUID, or any other text that nobody else will think of. */
const acceptableKey = /^[\x21\x23-\x7e]{16,128}$/

/**
 * Runs an operation, or repeats the answer that the same request with the same `Idempotency-Key` got before
 * (draft-ietf-httpapi-idempotency-key-header-07). Without the header it just runs.
 *
 * @throws Problem `invalid_request` for a key of the wrong form, `idempotency_key_reused` for one that came with
 *         another request, `idempotency_in_progress` while that one is being worked on
 */
export async function replyOnce(
  contract: Contract,
  call: Exchange & { body: unknown; principal: Principal | null },
  run: () => Promise<Reply>,
): Promise<Reply> {
  const header = call.request.headers.get('idempotency-key')
  if (header === null) return run()
  const kept: { reply?: Reply } = {}
  const { runtime, principal, client, parameter, body } = call
  const once = {
    operation: contract.operationId,
    actor: principal ? `user ${principal.user.id}` : `block ${client.block}`,
    key: requireKey(header),
    request: JSON.stringify([parameter, body]),
  }
  const { answer, isRepeated } = await runOnce(runtime, once, async () => {
    kept.reply = await run()
    return requireKeepable(kept.reply)
  })
  return isRepeated || !kept.reply ? jsonReply(200, answer, { 'idempotency-replayed': 'true' }) : kept.reply
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

function requireKeepable({ status, cookies, body }: Reply): string {
  if (status !== 200 || cookies.length > 0 || typeof body !== 'string') {
    throw new Error('an answer with a cookie, or that is no text, cannot be kept')
  }
  return body
}
