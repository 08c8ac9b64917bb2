import { isIPv6 } from 'node:net'

const groupsOfAddress = 8
const groupsOfBlock = 4
const groupsOfSite = 3

/**
 * The unit in which an address is limited: an IPv4 address itself, of IPv6 the /64 that one customer gets.
 *
 * @param address  as node:net accepts it
 */
export function addressBlock(address: string): string {
  // Cheaper than the grammar of addresses, and most are without a colon.
  if (!address.includes(':') || !isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : Math.max(0, groupsOfAddress - left.length - right.length)
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, groupsOfBlock)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

/** The /48 around an IPv6 block: a single customer may have all 65,536 blocks in it. Null for IPv4. */
export function siteOf(block: string): string | null {
  return block.endsWith('::/64') ? `${block.split(':', groupsOfSite).join(':')}::/48` : null
}
