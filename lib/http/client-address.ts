import { BlockList, isIP, isIPv4 } from 'node:net'
import type { TrustedProxies } from '#lib/config/values.ts'
import type { RequestHeaders } from './request.ts'

const forwardingHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

/** True when some proxy says that it passed this request on. */
export function wasForwarded(headers: Pick<RequestHeaders, 'has'>): boolean {
  return forwardingHeaders.some((name) => headers.has(name))
}

/**
 * The client's address: the peer of the socket, or what trusted proxies say in X-Forwarded-For. Only what they say is
 * judged: further left a client can write anything. Missing or malformed, it means the socket's address.
 */
export function clientAddressOf(peer: string, forwardedFor: string | null, trusted: TrustedProxies): string {
  const socket = normaliseAddress(peer) ?? peer
  if (!forwardedFor || (trusted.kind === 'hops' && trusted.hops === 0)) return socket
  const named = forwardedFor.split(',')
  const client =
    trusted.kind === 'hops'
      ? readEntry(named[Math.max(0, named.length - trusted.hops)])
      : lastUntrusted(named, socket, blockList(trusted.blocks))
  return client ?? socket
}

/** Walks back from the socket while each hop is one of our proxies. Null when one of them names no address. */
function lastUntrusted(named: readonly string[], socket: string, ours: BlockList): string | null {
  let hop = socket
  for (const entry of named.toReversed()) {
    if (!ours.check(hop, isIP(hop) === 6 ? 'ipv6' : 'ipv4')) return hop
    const address = readEntry(entry)
    if (address === null) return null
    hop = address
  }
  return hop
}

function readEntry(entry = ''): string | null {
  return normaliseAddress(entry.trim())
}

const blockLists = new WeakMap<readonly string[], BlockList>()

function blockList(blocks: readonly string[]): BlockList {
  const known = blockLists.get(blocks)
  if (known) return known
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  blockLists.set(blocks, list)
  return list
}

/** Without brackets, port and zone; IPv4 in IPv6 clothes becomes IPv4. Null for what is no address. */
function normaliseAddress(text: string): string | null {
  if (isIPv4(text)) return text
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  const address = (mapped ?? bare).replace(/%.*$/, '')
  return isIP(address) === 0 ? null : address.toLowerCase()
}
