import type { Config } from '#lib/config/config.ts'
import { isLoopbackHost } from '#lib/config/loopback.ts'

/**
 * True when a Host header names this server. DNS rebinding ends here: a foreign name that resolves to this machine
 * is answered with 421 whatever it asks for.
 */
export function isOwnHost(config: Config, host: string | null): boolean {
  if (!host) return false
  const authority = withoutDefaultPort(host.toLowerCase(), config.appUrl)
  if (config.allowedHosts.includes(authority)) return true
  if (config.mode === 'strict') return false
  const [, name = '', port = '80'] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? []
  return isLoopbackHost(name) && Number(port) === Number(new URL(config.appUrl).port || 80)
}

function withoutDefaultPort(authority: string, appUrl: string): string {
  const suffix = appUrl.startsWith('https:') ? ':443' : ':80'
  if (!authority.endsWith(suffix)) return authority
  const name = authority.slice(0, -suffix.length)
  // `localhost:8000:80` has no default port to take off: it is no authority at all.
  return /^(\[[^\]]*\]|[^:]*)$/.test(name) ? name : authority
}
