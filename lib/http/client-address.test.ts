import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientAddressOf, wasForwarded } from './client-address.ts'

const hops = (count: number) => ({ kind: 'hops', hops: count }) as const
const blocks = (...list: string[]) => ({ kind: 'blocks', blocks: list }) as const
const proxy = '10.0.0.1'

describe('without a trusted proxy', () => {
  test('the client is the other end of the socket, whatever it says of itself', () => {
    for (const header of [null, '', '203.0.113.7', '203.0.113.7, 198.51.100.1', 'garbage']) {
      expect(clientAddressOf('192.0.2.1', header, hops(0))).toBe('192.0.2.1')
    }
  })

  test('an IPv4 address in the clothes of IPv6 is that IPv4 address', () => {
    expect(clientAddressOf('::ffff:192.0.2.1', null, hops(0))).toBe('192.0.2.1')
    expect(clientAddressOf('::FFFF:192.0.2.1', null, hops(0))).toBe('192.0.2.1')
  })

  test('a zone and capitals make no other address', () => {
    expect(clientAddressOf('fe80::1%eth0', null, hops(0))).toBe('fe80::1')
    expect(clientAddressOf('2001:DB8::1', null, hops(0))).toBe('2001:db8::1')
  })
})

describe('behind a number of proxies', () => {
  test.each([
    [1, '203.0.113.7', '203.0.113.7'],
    [1, '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    [2, '203.0.113.7, 10.0.0.2', '203.0.113.7'],
    [2, '198.51.100.1, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
    [3, '203.0.113.7', '203.0.113.7'],
    [1, '203.0.113.7:51000', '203.0.113.7'],
    [1, '[2001:db8::7]:51000', '2001:db8::7'],
    [1, '[2001:db8::7]', '2001:db8::7'],
    [1, '2001:DB8::7', '2001:db8::7'],
    [1, '::ffff:203.0.113.7', '203.0.113.7'],
    [1, ' 203.0.113.7 ', '203.0.113.7'],
    [1, 'unknown, 203.0.113.7', '203.0.113.7'],
    [1, ', 203.0.113.7', '203.0.113.7'],
    [2, '<script>, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
    [2, '203.0.113.7, unknown', '203.0.113.7'],
  ])('%i: of "%s" the client is %s', (count, header, client) => {
    expect(clientAddressOf(proxy, header, hops(count))).toBe(client)
  })

  test('what a client writes in front of what the proxies say changes nothing', () => {
    const claim = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constantFrom('', 'unknown', '_hidden'))

    fc.assert(
      fc.property(
        fc.array(claim, { maxLength: 5 }),
        fc.ipV4(),
        fc.integer({ min: 1, max: 3 }),
        (claims, real, count) => {
          const added = [real, ...Array.from({ length: count - 1 }, (_, index) => `10.0.1.${index}`)]
          expect(clientAddressOf(proxy, [...claims, ...added].join(', '), hops(count))).toBe(real)
        },
      ),
    )
  })
})

describe('behind proxies of known blocks', () => {
  const ours = blocks('10.0.0.0/8', '2001:db8:aa::/48', '192.0.2.9')

  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, 10.9.9.9', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, 10.9.9.9, 192.0.2.9', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, 2001:db8:aa::5', '203.0.113.7'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['203.0.113.7, 192.0.2.8', '192.0.2.8'],
    ['unknown, 203.0.113.7, 10.9.9.9', '203.0.113.7'],
    ['10.9.9.9, <script>, 203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, unknown, 10.9.9.9', '10.0.0.1'],
  ])('of "%s" the client is %s: the last that is none of them', (header, client) => {
    expect(clientAddressOf(proxy, header, ours)).toBe(client)
  })

  test('a stranger who connects past the proxies is who the socket says', () => {
    expect(clientAddressOf('203.0.113.66', '198.51.100.1', ours)).toBe('203.0.113.66')
    expect(clientAddressOf('2001:db8:bb::1', '198.51.100.1, 10.0.0.5', ours)).toBe('2001:db8:bb::1')
  })
})

describe('a header that is no list of addresses', () => {
  test.each([
    '',
    ' ',
    ',',
    'unknown',
    'unknown, unknown',
    '203.0.113.256',
    '203.0.113.7:port',
    '203.0.113.7 198.51.100.1',
    '_hidden',
    'localhost',
    '0x7f.1',
    '2130706433',
    '[203.0.113.7',
    'for=203.0.113.7',
    '<script>',
  ])('%j means the socket', (header) => {
    for (const trusted of [hops(1), hops(2), blocks('10.0.0.0/8')]) {
      expect(clientAddressOf(proxy, header, trusted)).toBe(proxy)
    }
  })

  test('whatever is sent, the client is an address that was named, or the socket', () => {
    const entry = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ maxLength: 8 }),
      fc.constantFrom('', ' ', 'unknown', '::'),
    )

    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.integer({ min: 0, max: 4 }), (entries, count) => {
        const header = entries.join(',')
        for (const trusted of [hops(count), blocks('10.0.0.0/8')]) {
          const client = clientAddressOf(proxy, header, trusted)
          expect(client === proxy || header.toLowerCase().includes(client)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

test.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'])(
  'a request with %s was passed on by somebody',
  (name) => {
    expect(wasForwarded(new Headers({ [name]: '' }))).toBe(true)
    expect(wasForwarded(new Headers({ host: 'localhost', via: name }))).toBe(false)
  },
)
