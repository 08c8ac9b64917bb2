import { expect, test } from 'vitest'
import { sessionLifetime } from './session-lifetime.ts'

const day = 86_400
const config = { idleSeconds: 7 * day, absoluteSeconds: 30 * day }

test('a remembered session may be unused for the configured days', () => {
  expect(sessionLifetime(config, true)).toEqual({ idleSeconds: 7 * day, absoluteSeconds: 30 * day })
})

test('one that is not remembered ends after half a day of disuse', () => {
  expect(sessionLifetime(config, false)).toEqual({ idleSeconds: day / 2, absoluteSeconds: 30 * day })
})

test('a stricter idle limit holds for both', () => {
  const strict = { ...config, idleSeconds: 3600 }
  expect(sessionLifetime(strict, true).idleSeconds).toBe(3600)
  expect(sessionLifetime(strict, false).idleSeconds).toBe(3600)
})
