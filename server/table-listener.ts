import type { RequestListener, ServerResponse } from 'node:http'
import { answer } from '#lib/http/answer.ts'
import type { Peer } from '#lib/http/exchange.ts'
import type { Router } from '#lib/http/router.ts'
import { inTurn } from '#lib/runtime/in-turn.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { fromNode } from './node-request.ts'
import { peerOf } from './peer-of.ts'
import { pathOf } from './request-target.ts'
import { sendReply } from './send-reply.ts'

/**
 * Answers from the endpoint table over Node's http.
 *
 * @param hasPages  true on a server that has pages: their forms are taken
 * @param via  'next' in a process that is Next's
 */
export function tableListener(
  runtime: Runtime,
  match: Router['match'],
  hasPages: boolean,
  via: Peer['via'] = 'node',
): RequestListener {
  return (incoming, outgoing) => {
    const path = pathOf(incoming)
    if (!path.startsWith('/')) return refuseTarget(outgoing)
    try {
      const peer = peerOf(incoming, via, hasPages)
      const reply = answer(runtime, match(path), fromNode(incoming), peer)
      const sent = inTurn(reply, (finished) => sendReply(finished, incoming, outgoing))
      if (sent instanceof Promise) sent.catch((error) => giveUp(runtime, outgoing, error))
    } catch (error) {
      giveUp(runtime, outgoing, error)
    }
  }
}

/** `OPTIONS *` and the like: no path, so nothing of ours. */
function refuseTarget(outgoing: ServerResponse): void {
  outgoing.writeHead(400, { 'content-length': '0', connection: 'close' }).end()
}

/** An answer that cannot be written is a fault of ours; whoever waits for it must not wait on. */
function giveUp({ log }: Runtime, outgoing: ServerResponse, error: unknown): void {
  log.error({ event: 'answer_failed', error }, 'an answer could not be written')
  if (outgoing.headersSent) outgoing.destroy()
  else outgoing.writeHead(500, { 'content-length': '0' }).end()
}
