import { isBehindProxy } from '#lib/config/behind-proxy.ts'
import { isLoopbackHost } from '#lib/config/loopback.ts'
import { equalInConstantTime } from '#lib/crypto/digest.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import type { Exchange } from '#lib/http/exchange.ts'
import { Problem } from '#lib/problems.ts'
import { metricsContract } from './metrics.contract.ts'

export const metricsEndpoint = endpoint(metricsContract, async (call) => {
  if (!mayRead(call)) throw new Problem('not_found', { because: 'neither this machine nor the token' })
  return { body: await call.runtime.metrics.expose() }
})

function mayRead({ runtime, peer, client, credential }: Exchange): boolean {
  const { config } = runtime
  // Behind a proxy everybody may come from this machine: one that stands here need not say for whom it asks.
  if (!isBehindProxy(config) && isLoopbackHost(client.address) && !peer.wasForwarded) return true
  const token = config.metricsToken
  return (
    token !== null && credential.kind === 'bearer' && equalInConstantTime(credential.token, token.reveal())
  )
}
