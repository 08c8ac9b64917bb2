import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressBlock, siteOf } from './address-block.ts'

test('an IPv4 address is a block of its own', () => {
  expect(addressBlock('192.0.2.1')).toBe('192.0.2.1')
})

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ['::', '0:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
])('of the IPv6 address %s the block is %s', (address, block) => {
  expect(addressBlock(address)).toBe(block)
})

test('the site of an IPv6 block is its /48; an IPv4 address has none', () => {
  expect(siteOf('2001:db8:1:2::/64')).toBe('2001:db8:1::/48')
  expect(siteOf('2001:db8:1:ffff::/64')).toBe('2001:db8:1::/48')
  expect(siteOf('2001:db8:2:2::/64')).toBe('2001:db8:2::/48')
  expect(siteOf(addressBlock('::1'))).toBe('0:0:0::/48')
  expect(siteOf(addressBlock('192.0.2.1'))).toBeNull()
})

const group = fc.integer({ min: 0, max: 0xffff })
const network = fc.tuple(group, group, group, group)
const host = fc.tuple(group, group, group, group)

/** The spellings of one address: leading zeros, capitals, and the longest run of zeros left out. */
function spellings(groups: readonly number[]): string[] {
  const hex = groups.map((one) => one.toString(16))
  const full = hex.map((one) => one.padStart(4, '0')).join(':')
  const short = new URL(`http://[${hex.join(':')}]`).hostname.slice(1, -1)
  return [hex.join(':'), full, full.toUpperCase(), short]
}

test('two addresses share a block exactly when their first 64 bits are the same, however they are written', () => {
  fc.assert(
    fc.property(network, network, host, host, (one, other, first, second) => {
      const blocks = new Set(
        [...spellings([...one, ...first]), ...spellings([...one, ...second])].map(addressBlock),
      )
      expect(blocks.size).toBe(1)
      const isSame = one.join() === other.join()
      expect(blocks.has(addressBlock(spellings([...other, ...first])[3] ?? ''))).toBe(isSame)
    }),
    { numRuns: 500 },
  )
})
