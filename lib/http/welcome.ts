import type { Config } from '#lib/config/config.ts'
import { isLoopbackHost } from '#lib/config/loopback.ts'
import { Problem } from '#lib/problems.ts'
import type { Peer } from './exchange.ts'
import { isOwnHost } from './host.ts'
import type { RequestHeaders } from './request.ts'

/**
 * The first question to every request: does it mean this server, and may it come from where it comes from?
 *
 * @throws Problem `misdirected_host`; in trial `loopback_only` for another machine or a proxy
 */
export function requireWelcome(config: Config, headers: Pick<RequestHeaders, 'get'>, peer: Peer): void {
  const host = headers.get('host')
  if (!isOwnHost(config, host)) throw new Problem('misdirected_host', { because: `host ${host}` })
  if (config.mode === 'trial' && (peer.wasForwarded || !isLoopbackHost(peer.address))) {
    throw new Problem('loopback_only')
  }
}
