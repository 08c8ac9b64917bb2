import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deviceLabel } from './device-label.ts'

test.each([
  ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  [
    'Chrome on Windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  ],
  [
    'Safari on iOS',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  ],
  [
    'Microsoft Edge on macOS',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
  ],
])('people read "%s"', (label, userAgent) => {
  expect(deviceLabel(userAgent)).toBe(label)
})

test('a client that says nothing we know has no name', () => {
  for (const userAgent of [null, '', ' ', '()']) expect(deviceLabel(userAgent)).toBeNull()
})

test('no user agent breaks a sign-in, and what it says is not repeated at length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 512 }), (userAgent) => {
      expect(String(deviceLabel(userAgent)).length).toBeLessThan(600)
    }),
  )
})
