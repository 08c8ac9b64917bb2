import { expect, test } from 'vitest'
import { isLoopbackHost, isLoopbackUrl } from './loopback.ts'

test.each([
  'localhost',
  'LOCALHOST',
  '127.0.0.1',
  '127.1.2.3',
  '::1',
  '[::1]',
  '::ffff:127.0.0.1',
  '[::FFFF:127.0.0.1]',
])('%s means this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(true)
})

test.each([
  '',
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '128.0.0.1',
  '1127.0.0.1',
  '127.0.0.1.example.com',
  '127.0.0',
  'localhost.example.com',
  'notlocalhost',
  'evil.localhost',
  '::ffff:10.0.0.1',
  'localhost:8000',
  ' localhost',
  'localhost\n',
])('%j does not mean this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(false)
})

test.each([
  ['http://localhost:8000', true],
  ['https://127.0.0.1', true],
  ['http://[::1]:8000', true],
  ['http://2130706433', true],
  ['http://localhost@evil.example.com', false],
  ['https://auth.example.com', false],
  ['http://localhost.evil.example.com', false],
  ['localhost', false],
  ['', false],
])('the URL %j: %s', (url, expected) => {
  expect(isLoopbackUrl(url)).toBe(expected)
})
