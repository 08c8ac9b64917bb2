import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { environmentSchema } from '#lib/config/schema.ts'
import { clockLeewaySeconds } from '#lib/crypto/jwt.ts'
import {
  isRotationDue,
  keySetMaxAgeSeconds,
  publishedSeconds,
  type SigningKeyTimes,
  signingKeyAt,
  signingKeyState,
  verifyingSeconds,
} from './signing-key-state.ts'

const now = new Date('2026-11-22T12:00:00.400Z')
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000)

function key(kid: string, activatesIn: number, retiresIn: number | null = null): SigningKeyTimes {
  return { kid, activatesAt: at(activatesIn), retiresAt: retiresIn === null ? null : at(retiresIn) }
}

const statesOf = (keys: readonly SigningKeyTimes[]) =>
  Object.fromEntries(keys.map((one) => [one.kid, signingKeyState(one, keys, now)]))

describe('which key signs', () => {
  test('the newest that is active, whatever the order of the list', () => {
    const keys = [key('old', -900, 3000), key('next', 600), key('newer', -60)]

    for (const list of [keys, keys.toReversed()]) expect(signingKeyAt(list, now)?.kid).toBe('newer')
    expect(statesOf(keys)).toEqual({ old: 'verifying', newer: 'signing', next: 'waiting' })
  })

  test('a key signs in all of the second in which it becomes active: iat has whole seconds', () => {
    const keys = [key('old', -900, 3000), key('new', 0)]
    const iat = new Date(Math.floor(now.getTime() / 1000) * 1000)

    expect(signingKeyAt(keys, iat)?.kid).toBe('new')
    expect(signingKeyAt(keys, new Date(iat.getTime() - 1000))?.kid).toBe('old')
  })

  test('before any is active the first to become so, and none when all are over', () => {
    expect(signingKeyAt([key('later', 900), key('sooner', 60)], now)?.kid).toBe('sooner')
    expect(signingKeyAt([key('over', -900, -1)], now)).toBeNull()
    expect(statesOf([key('over', -900, 0), key('new', -60)])).toEqual({ over: 'over', new: 'signing' })
  })

  test('there is exactly one at any instant as long as one key has no end', () => {
    const keys = fc
      .array(
        fc.tuple(fc.integer({ min: -5000, max: 5000 }), fc.option(fc.integer({ min: -5000, max: 9000 }))),
      )
      .map((times) => [key('k', -9000), ...times.map(([start, end], index) => key(`k${index}`, start, end))])
    fc.assert(
      fc.property(keys, (list) => {
        const signing = list.filter((one) => signingKeyState(one, list, now) === 'signing')
        expect(signing).toHaveLength(1)
      }),
    )
  })
})

describe('when a key is replaced by its age', () => {
  const aged = (days: number) => [key('old', -days * 86_400)]

  test('at the age that is set, never before, and never at all with 0', () => {
    expect(isRotationDue(aged(90), now, 90)).toBe(true)
    expect(isRotationDue(aged(89.99), now, 90)).toBe(false)
    expect(isRotationDue(aged(4000), now, 0)).toBe(false)
  })

  test('not while the next one waits, and not for want of any', () => {
    expect(isRotationDue([...aged(91), key('next', 600)], now, 90)).toBe(false)
    expect(isRotationDue([], now, 90)).toBe(false)
  })
})

describe('the overlap', () => {
  test('a new key is published for at least twice as long as the key set may be kept before it signs', () => {
    expect(publishedSeconds).toBeGreaterThanOrEqual(2 * keySetMaxAgeSeconds)
  })

  test('an old key verifies for the longest life that a setting may give a token, and the leeway', () => {
    const longest = [60, 61].map((minutes) =>
      environmentSchema.shape.ACCESS_TOKEN_EXPIRE_MINUTES.safeParse(String(minutes)),
    )

    expect(longest.map(({ success }) => success)).toEqual([true, false])
    expect(verifyingSeconds).toBeGreaterThanOrEqual(60 * 60 + clockLeewaySeconds)
  })
})
