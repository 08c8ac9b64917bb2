import { expect, test } from 'vitest'
import { parseUrl } from './parse-url.ts'

test('an address is read as a browser reads it, against a base too; what is none is null', () => {
  expect(parseUrl('https://Bücher.example/a b')?.href).toBe('https://xn--bcher-kva.example/a%20b')
  expect(parseUrl('/account', 'https://auth.example.com')?.href).toBe('https://auth.example.com/account')
  expect(parseUrl('/account')).toBeNull()
  expect(parseUrl('https://')).toBeNull()
})

test('an address beyond ASCII is one after any number of others', () => {
  for (let count = 0; count < 100_000; count += 1) parseUrl(addresses[count % addresses.length] ?? '')

  expect(parseUrl('https://bücher.example')).not.toBeNull()
})

const addresses = Array.from({ length: 10 }, (_, index) => `https://example.com/${index}`)
