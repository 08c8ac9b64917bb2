import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { systemRandom } from '#lib/runtime/random.ts'
import { knowsAccount, readDevice, rememberAccount } from './known-device.ts'

const secret = new Secret('a root secret of these tests that is long enough')
const newer = new Secret('a newer root secret of these tests, long enough')
const roots = deriveRootKeys([secret])

function remember(cookie: string | null, userId: number, keys = roots, sessionEpoch = 0): string {
  return rememberAccount(keys, systemRandom, readDevice(cookie), { id: userId, sessionEpoch }).reveal()
}

function knows(cookie: string | null, userId: number, keys = roots, sessionEpoch = 0): boolean {
  const device = readDevice(cookie)
  return device !== null && knowsAccount(keys, device, { id: userId, sessionEpoch })
}

describe('a browser is known for the accounts that signed in with it', () => {
  test('for each of them, and for no other', () => {
    const cookie = remember(remember(null, 1), 2)

    expect([1, 2, 3, 12, 21].map((userId) => knows(cookie, userId))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  test('it stays the same device', () => {
    const first = remember(null, 1)
    expect(readDevice(remember(first, 2))?.id).toBe(readDevice(first)?.id)
    expect(readDevice(remember(null, 1))?.id).not.toBe(readDevice(first)?.id)
  })

  test('signing in again adds nothing, and the cookie names nobody', () => {
    const cookie = remember(remember(null, 123_456_789), 123_456_789)

    expect(readDevice(cookie)?.marks).toHaveLength(1)
    expect(cookie).not.toContain('123456789')
  })

  test('ten accounts are remembered, the last ones', () => {
    let cookie: string | null = null
    for (let userId = 1; userId <= 12; userId++) cookie = remember(cookie, userId)

    const known = Array.from({ length: 12 }, (_, index) => knows(cookie, index + 1))
    expect(known).toEqual([false, false, ...Array(10).fill(true)])
  })

  test('until all sessions of the account are ended, and again after its next sign-in', () => {
    const cookie = remember(remember(null, 1), 2)
    expect(knows(cookie, 1, roots, 1)).toBe(false)
    expect(knows(cookie, 2)).toBe(true)

    const renewed = remember(cookie, 1, roots, 1)
    expect(knows(renewed, 1, roots, 1)).toBe(true)
    expect(knows(renewed, 2)).toBe(true)
    expect(knows(remember(null, 1, roots, 11), 11, roots, 1)).toBe(false)
  })

  test('through a rotation of the root secret', () => {
    const rotated = deriveRootKeys([newer, secret])
    const cookie = remember(null, 1)
    expect(knows(cookie, 1, rotated)).toBe(true)

    const renewed = remember(cookie, 1, rotated)
    expect(knows(renewed, 1, deriveRootKeys([newer]))).toBe(true)
    expect(knows(cookie, 1, deriveRootKeys([newer]))).toBe(false)
  })
})

describe('the cookie cannot be made up', () => {
  test('a mark proves nothing with another device id or under another root', () => {
    const [, mark = ''] = remember(null, 1).split('.')
    const [otherId = ''] = remember(null, 2).split('.')

    expect(knows(`${otherId}.${mark}`, 1)).toBe(false)
    expect(knows(remember(null, 1, deriveRootKeys([newer])), 1)).toBe(false)
  })

  test('changing any one letter takes the account away', () => {
    const cookie = remember(null, 1)
    fc.assert(
      fc.property(fc.nat(cookie.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (index, letter) => {
        fc.pre(letter !== cookie[index])
        expect(knows(`${cookie.slice(0, index)}${letter}${cookie.slice(index + 1)}`, 1)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  test('whatever is presented is read or refused, never an error', () => {
    fc.assert(
      fc.property(fc.string(), (presented) => {
        expect(readDevice(presented)).toBeNull()
      }),
    )
    const id = 'A'.repeat(22)
    const mark = 'B'.repeat(43)
    for (const presented of [
      null,
      '',
      id,
      `${id}.`,
      `${id}.${mark}.`,
      `${id}.${mark}x`,
      `${id}${`.${mark}`.repeat(11)}`,
    ]) {
      expect(readDevice(presented)).toBeNull()
    }
    expect(readDevice(`${id}${`.${mark}`.repeat(10)}`)?.marks).toHaveLength(10)
  })
})
