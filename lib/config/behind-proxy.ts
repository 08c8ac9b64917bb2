import type { Config } from './config.ts'

/** True where no proxy may name the client: it is whoever holds the other end of the socket. */
export function trustsNobody({ trustedProxies }: Pick<Config, 'trustedProxies'>): boolean {
  return trustedProxies.kind === 'hops' && trustedProxies.hops === 0
}

/** True where a proxy is in front, by the settings: there is no TLS of our own. */
export function isBehindProxy(config: Pick<Config, 'appUrl' | 'trustedProxies'>): boolean {
  return !trustsNobody(config) || config.appUrl.startsWith('https:')
}
